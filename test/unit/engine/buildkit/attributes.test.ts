import { describe, expect, it } from 'vitest';
import type { SolveRequest } from '../../../../src/engine/buildkit/messages/control.ts';
import { readAttributes } from '../../../../src/engine/buildkit/solve/attributes.ts';
import { readOutput } from '../../../../src/engine/buildkit/solve/outputs.ts';
import { definitionOf, inputsOf } from '../../../../src/engine/buildkit/tokens.ts';

const read = (attributes: Readonly<Record<string, string>>) =>
  readAttributes(new Map(Object.entries(attributes)));

describe('attributes of the frontend', () => {
  it('are a request', () => {
    const asked = read({
      filename: 'sub/Dockerfile.dev',
      target: 'app',
      platform: 'linux/amd64',
      'build-arg:A': '1',
      'label:b.c': 'x=y',
      'no-cache': 'one,two',
      'add-hosts': 'a=1.2.3.4,b=::1',
      'force-network-mode': 'host',
      'image-resolve-mode': 'pull',
      'shm-size': '1048576',
      ulimit: 'nofile=10:20,nproc=5:5',
      'context:lib': 'local:lib',
      'context:base::linux/amd64': 'docker-image://busybox',
      'context:made': 'input:made',
      'local-sessionid:context': 'other',
      'cache-imports': JSON.stringify([
        { Type: 'registry', Attrs: { ref: 'r.example/a' } },
        { Type: 'local', Attrs: { src: '/a,b', digest: 'sha256:1' } },
      ]),
    });
    expect(asked.request).toEqual({
      args: { A: '1' },
      labels: { 'b.c': 'x=y' },
      target: 'app',
      platform: 'linux/amd64',
      noCacheFilter: ['one', 'two'],
      extraHosts: ['a=1.2.3.4', 'b=::1'],
      network: 'host',
      pull: true,
      shmSize: 1048576,
      ulimits: ['nofile=10:20', 'nproc=5:5'],
      contexts: { base: 'docker-image://busybox' },
      cacheFrom: ['type=registry,ref=r.example/a', 'type=local,"src=/a,b",digest=sha256:1'],
    });
    expect(asked.file).toBe('sub/Dockerfile.dev');
    expect([...asked.sentContexts]).toEqual([['lib', 'lib']]);
    expect([...asked.inputs]).toEqual([['made', 'made']]);
    expect(asked.otherSessions.get('context')).toBe('other');
  });

  it('that are not supported are named, unless clients have them of their own accord', () => {
    const missing = (attributes: Readonly<Record<string, string>>) => read(attributes).missing;
    expect(missing({ 'attest:provenance': 'mode=max', 'attest:sbom': 'generator=x', hostname: 'h' })).toEqual(
      [
        'hostname is not supported: steps have their own',
        'provenance is not supported: images are made without attestations',
        'sbom is not supported: images are made without attestations',
      ],
    );
    expect(missing({ 'attest:provenance': 'mode=min,inline-only=true' })).toEqual([]);
    expect(missing({ 'attest:sbom': 'disabled=true' })).toEqual([]);
  });

  it('leave what they do not say to the build', () => {
    const { request, file, contextDirectory, dockerfileDirectory } = read({ 'no-cache': '' });
    expect(request).toEqual({
      args: {},
      labels: {},
      noCache: true,
      pull: false,
      extraHosts: [],
      ulimits: [],
      contexts: {},
      cacheFrom: [],
    });
    expect([file, contextDirectory, dockerfileDirectory]).toEqual(['Dockerfile', 'context', 'dockerfile']);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['a list of caches that is none', { 'cache-imports': '[' }],
    ['another frontend', { source: 'example.com/frontend:1' }],
    ['another network', { 'force-network-mode': 'mine' }],
    ['a size that is none', { 'shm-size': 'much' }],
    ['a part of a context', { contextsubdir: '../..' }],
  ])('are refused with %s', (_what, attributes) => {
    expect(() => read(attributes)).toThrow();
  });

  it('name several platforms', () => {
    expect(read({ platform: 'linux/amd64,linux/arm64' }).request).toMatchObject({
      platforms: ['linux/amd64', 'linux/arm64'],
    });
  });

  it('say what is left out', () => {
    expect(read({ 'cgroup-parent': '/x' }).missing).toEqual([
      'cgroup-parent is not supported: steps have their own',
    ]);
  });
});

describe('outputs', () => {
  const request = (part: Partial<SolveRequest>) =>
    readOutput({ exporters: [], exporter: '', exporterAttrs: new Map(), ...part } as SolveRequest);

  it('are read in the old form and in the new one', () => {
    expect(request({})).toEqual({ kind: 'nothing' });
    const attrs = new Map([['name', 'a:1,b']]);
    expect(request({ exporter: 'moby', exporterAttrs: attrs })).toEqual({
      kind: 'image',
      names: ['a:1', 'b'],
      push: false,
    });
    expect(request({ exporters: [{ type: 'image', attrs }] })).toEqual({
      kind: 'image',
      names: ['a:1', 'b'],
      push: false,
    });
    expect(request({ exporters: [{ type: 'local' }] })).toEqual({ kind: 'local' });
    expect(request({ exporters: [{ type: 'oci', attrs }] })).toEqual({
      kind: 'archive',
      names: ['a:1', 'b'],
    });
    const push = new Map([['push', 'true']]);
    expect(request({ exporters: [{ type: 'image', attrs: push }] })).toMatchObject({ push: true });
  });

  it('are refused in words where they are not supported', () => {
    expect(() => request({ exporters: [{ type: 'local' }, { type: 'tar' }] })).toThrow(/one output/);
    expect(() => request({ exporters: [{ type: 'nowhere' }] })).toThrow(/"nowhere"/);
    expect(() => request({ exporters: [{ type: 'oci', attrs: new Map([['tar', 'false']]) }] })).toThrow(
      /tar=false/,
    );
  });
});

describe('a result that is handed on', () => {
  it('is known again', () => {
    const image = `sha256:${'a'.repeat(64)}`;
    expect([...inputsOf(new Map([['x', definitionOf(image)]]))]).toEqual([['x', image]]);
    expect([...inputsOf(new Map([['x', { def: [Buffer.from('0a00', 'hex')] }]]))]).toEqual([]);
  });
});
