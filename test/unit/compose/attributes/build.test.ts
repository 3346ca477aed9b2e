import { attribute } from './attribute.ts';

attribute('build', {
  top: { secrets: { s: { file: './s' } } },
  printed: [
    [
      './dir',
      `
      build:
        context: ./dir`,
    ],
    [
      { dockerfile_inline: 'FROM a\nRUN b\n' },
      `
      build:
        context: .
        dockerfile_inline: |
          FROM a
          RUN b`,
    ],
    [
      {
        context: '.',
        ssh: ['default', 'k=p'],
        args: ['B=2', 'A'],
        labels: { l: 1 },
        secrets: ['s'],
        ulimits: { nofile: 5 },
        shm_size: '1m',
        provenance: true,
        sbom: 'x',
        pull: true,
        no_cache: 'true',
        no_cache_filter: 'st',
        additional_contexts: ['r=./r'],
        extra_hosts: ['h=1.1.1.1'],
        tags: ['t:1'],
        platforms: ['linux/amd64'],
        cache_from: ['a'],
        cache_to: ['b'],
        entitlements: ['network.host'],
        network: 'none',
        target: 'st',
        privileged: true,
        isolation: 'x',
        'x-b': 1,
      },
      `
      build:
        context: .
        entitlements:
          - network.host
        args:
          A: null
          B: "2"
        provenance: "true"
        sbom: x
        ssh:
          - default
          - k=p
        labels:
          l: "1"
        cache_from:
          - a
        cache_to:
          - b
        no_cache: true
        no_cache_filter:
          - st
        additional_contexts:
          r: ./r
        pull: true
        extra_hosts:
          - h=1.1.1.1
        isolation: x
        network: none
        target: st
        secrets:
          - source: s
        shm_size: "1048576"
        tags:
          - t:1
        ulimits:
          nofile: 5
        platforms:
          - linux/amd64
        privileged: true
        x-b: 1`,
    ],
  ],
  refused: [
    [
      { dockerfile: 'D', dockerfile_inline: 'FROM a' },
      'service "web" declares mutually exclusive dockerfile and dockerfile_inline',
    ],
    [{ contxt: '.' }, 'services.web.build: unknown attribute "contxt"'],
    [{ secrets: ['nosecret'] }, 'service "web" refers to undefined build secret nosecret'],
    [
      { additional_contexts: { a: 'service:nobody' } },
      'service "web" declares unknown service "nobody" as additional contexts a',
    ],
    [
      { additional_contexts: { a: 'service:web', b: 'service:nobody' } },
      'service "web" declares unknown service "nobody" as additional contexts b',
    ],
    [{ shm_size: 'big' }, 'services.web.build.shm_size: "big" is not a size'],
    [['.'], 'services.web.build must be a string or a mapping'],
  ],
});
