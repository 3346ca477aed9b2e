import { attribute } from './attribute.ts';
import { keyValueCases } from './shared-cases.ts';

attribute('annotations', keyValueCases('annotations'));

attribute('container_name', {
  printed: [
    [
      'my-web',
      `
      container_name: my-web`,
    ],
  ],
  refused: [
    [
      '-',
      'services.web.container_name must have two characters or more of [a-zA-Z0-9_.-], the first a letter or digit',
    ],
    [['a'], 'services.web.container_name must be a string'],
  ],
});

attribute('credential_spec', {
  printed: [
    [
      { config: 'c' },
      `
      credential_spec:
        config: c`,
    ],
    [
      { registry: 'r', file: 'f' },
      `
      credential_spec:
        file: f
        registry: r`,
    ],
  ],
  refused: [
    [{ fil: 'f' }, 'services.web.credential_spec: unknown attribute "fil"'],
    ['f', 'services.web.credential_spec must be a mapping'],
  ],
  warned: [[{ file: 'f' }, '"credential_spec" is not supported: only Windows has it (web)']],
});

attribute('domainname', {
  printed: [
    [
      'foo.com',
      `
      domainname: foo.com`,
    ],
  ],
  refused: [
    [['a'], 'services.web.domainname must be a string'],
    [7, 'services.web.domainname must be a string'],
  ],
});

attribute('extends', {
  printed: [
    [
      'base',
      `
      extends:
        service: base`,
    ],
    [
      { service: 'base', file: 'b.yaml' },
      `
      extends:
        file: b.yaml
        service: base`,
    ],
  ],
  refused: [
    [{ file: 'b.yaml' }, 'services.web.extends: attribute "service" is missing'],
    [['base'], 'services.web.extends must be a string or a mapping'],
  ],
});

attribute('hostname', {
  printed: [
    [
      'on',
      `
      hostname: "on"`,
    ],
  ],
  refused: [
    [['a'], 'services.web.hostname must be a string'],
    [7, 'services.web.hostname must be a string'],
  ],
});

attribute('image', {
  printed: [
    [
      'redis:7',
      `
      image: redis:7`,
    ],
    [
      'busybox@sha256:ab',
      `
      image: busybox@sha256:ab`,
    ],
  ],
  refused: [
    [['a'], 'services.web.image must be a string'],
    [7, 'services.web.image must be a string'],
  ],
});

attribute('isolation', {
  printed: [
    [
      'hyperv',
      `
      isolation: hyperv`,
    ],
  ],
  refused: [
    [['a'], 'services.web.isolation must be a string'],
    [7, 'services.web.isolation must be a string'],
  ],
  warned: [['hyperv', '"isolation" is not supported: only Windows has it (web)']],
});

attribute('label_file', {
  printed: [
    [
      './a.label',
      `
      label_file:
        - ./a.label`,
    ],
    [
      ['./a', './b'],
      `
      label_file:
        - ./a
        - ./b`,
    ],
  ],
  refused: [
    [[1], 'services.web.label_file[0] must be a string'],
    [{ a: 'b' }, 'services.web.label_file must be a string or a list'],
  ],
});

attribute('labels', keyValueCases('labels'));

attribute('models', {
  top: { models: { llm: { model: 'ai/llm' } } },
  printed: [
    [
      ['llm'],
      `
      models:
        llm: null`,
    ],
    [
      { llm: { endpoint_var: 'URL', model_var: 'NAME' } },
      `
      models:
        llm:
          endpoint_var: URL
          model_var: NAME`,
    ],
  ],
  refused: [
    [['other'], 'service "web" refers to undefined model other'],
    [{ llm: { endpoint: 'URL' } }, 'services.web.models.llm: unknown attribute "endpoint"'],
    ['llm', 'services.web.models must be a list or a mapping'],
  ],
  warned: [[['llm'], '"models" is not supported: no model runner is built in (web)']],
});

attribute('platform', {
  printed: [
    [
      'linux/amd64',
      `
      platform: linux/amd64`,
    ],
  ],
  refused: [
    [['a'], 'services.web.platform must be a string'],
    [7, 'services.web.platform must be a string'],
  ],
});

attribute('profiles', {
  printed: [
    [
      ['debug', 'test'],
      `
      profiles:
        - debug
        - test`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.profiles must be a list'],
    ['one', 'services.web.profiles must be a list'],
    [['debug', 'debug'], 'services.web.profiles[1] repeats an item of the same list'],
  ],
});

attribute('provider', {
  printed: [
    [
      { type: 'aws', options: { size: 3, tags: ['a', 1, true] } },
      `
      provider:
        type: aws
        options:
          size:
            - "3"
          tags:
            - a
            - "1"
            - "true"`,
    ],
  ],
  refused: [
    [{ options: {} }, 'services.web.provider: attribute "type" is missing'],
    ['aws', 'services.web.provider must be a mapping'],
  ],
  warned: [[{ type: 'aws' }, '"provider" is not supported: no external program is started (web)']],
});

attribute('pull_policy', {
  printed: [
    [
      'always',
      `
      pull_policy: always`,
    ],
    [
      'if_not_present',
      `
      pull_policy: if_not_present`,
    ],
    [
      'every_12h',
      `
      pull_policy: every_12h`,
    ],
  ],
  refused: [
    [
      'sometimes',
      'services.web.pull_policy must be always, never, missing, build, daily, weekly or every_<duration>',
    ],
    [true, 'services.web.pull_policy must be a string'],
  ],
});

attribute('pull_refresh_after', {
  printed: [['12h', '']],
  refused: [[12, 'services.web.pull_refresh_after must be a string']],
  modelled: [['12h', '12h']],
});

attribute('runtime', {
  printed: [
    [
      'runc',
      `
      runtime: runc`,
    ],
  ],
  refused: [
    [['a'], 'services.web.runtime must be a string'],
    [7, 'services.web.runtime must be a string'],
  ],
  warned: [['runc'], ['kata']],
});

attribute('scale', {
  printed: [
    [
      12,
      `
      scale: 12`,
    ],
    [
      '34',
      `
      scale: 34`,
    ],
    [
      0,
      `
      scale: 0`,
    ],
  ],
  refused: [
    [{ a: 1 }, 'services.web.scale must be an integer or a string'],
    ['many', 'services.web.scale: "many" is not a whole number'],
    [-1, 'services.web.scale: must be greater than or equal to 0'],
  ],
  modelled: [['34', 34]],
});
