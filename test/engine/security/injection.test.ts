import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

const line = 'a\n127.0.0.1\tbank.example';
const create = (more: object) => ({ Image: 'tcompose/host', Cmd: ['sleep', '300'], ...more });
const host = (HostConfig: object) => create({ HostConfig });
const endpoint = (settings: object) =>
  create({ NetworkingConfig: { EndpointsConfig: { bridge: settings } } });

/** What a request smuggles a second line, or an end that isn't one, into; and the field that is named for it. */
const attempts: readonly (readonly [field: string, path: string, body: object])[] = [
  ['Hostname', '/containers/create', create({ Hostname: line })],
  ['Domainname', '/containers/create', create({ Domainname: line })],
  ['User', '/containers/create', create({ User: 'root\nx' })],
  ['Env[0]', '/containers/create', create({ Env: ['A=b\0c'] })],
  ['Cmd[1]', '/containers/create', create({ Cmd: ['echo', 'a\0b'] })],
  ['Entrypoint[0]', '/containers/create', create({ Entrypoint: ['/bin/sh\0x'] })],
  ['WorkingDir', '/containers/create', create({ WorkingDir: '/tmp\0/x' })],
  ['Labels.a', '/containers/create', create({ Labels: { a: '\0' } })],
  ['a name in Labels', '/containers/create', create({ Labels: { 'a\0': '' } })],
  ['a name in Volumes', '/containers/create', create({ Volumes: { '/v\0': {} } })],
  ['Healthcheck.Test[1]', '/containers/create', create({ Healthcheck: { Test: ['CMD', '\0'] } })],
  ['HostConfig.ExtraHosts[0]', '/containers/create', host({ ExtraHosts: ['x\n1.1.1.1 y:127.0.0.1'] })],
  ['HostConfig.Dns[0]', '/containers/create', host({ Dns: ['1.1.1.1\nsearch evil'] })],
  ['HostConfig.DnsSearch[0]', '/containers/create', host({ DnsSearch: ['a\nnameserver 6.6.6.6'] })],
  ['HostConfig.DnsOptions[0]', '/containers/create', host({ DnsOptions: ['ndots:1\nnameserver 6.6.6.6'] })],
  ['HostConfig.Binds[0]', '/containers/create', host({ Binds: ['/tmp\0:/x'] })],
  ['HostConfig.Tmpfs./t', '/containers/create', host({ Tmpfs: { '/t': 'size=1m\n' } })],
  [
    'HostConfig.Sysctls.net.core.somaxconn',
    '/containers/create',
    host({ Sysctls: { 'net.core.somaxconn': '1\n2' } }),
  ],
  ['HostConfig.CgroupParent', '/containers/create', host({ CgroupParent: 'a\nb' })],
  ['HostConfig.CpusetCpus', '/containers/create', host({ CpusetCpus: '0\n' })],
  [
    'HostConfig.Mounts[0].Target',
    '/containers/create',
    host({ Mounts: [{ Type: 'tmpfs', Target: '/a\0' }] }),
  ],
  ['NetworkingConfig.EndpointsConfig.bridge.Aliases[0]', '/containers/create', endpoint({ Aliases: [line] })],
  ['Invalid container name', `/containers/create?name=${encodeURIComponent('a\nb')}`, create({})],
  ['the path and the query', '/containers/create?platform=a%00', create({})],
  ['Cmd[0]', '/containers/target/exec', { Cmd: ['a\0b'] }],
  ['Env[0]', '/containers/target/exec', { Cmd: ['true'], Env: ['A\0=b'] }],
  ['WorkingDir', '/containers/target/exec', { Cmd: ['true'], WorkingDir: '/\0' }],
  ['Name', '/networks/create', { Name: 'a\nb' }],
  [
    'Options.com.docker.network.bridge.name',
    '/networks/create',
    { Name: 'n', Options: { 'com.docker.network.bridge.name': 'br\n0' } },
  ],
  [
    'DriverOpts.o',
    '/volumes/create',
    { Name: 'v1', DriverOpts: { type: 'none', device: '/tmp', o: 'bind\n' } },
  ],
  ['Labels.a', '/volumes/create', { Name: 'v2', Labels: { a: '\0' } }],
];

describe.skipIf(why)('a request that smuggles lines or ends into what is written for it', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
    const made = await engine.api('POST', '/containers/create?name=target', create({}));
    expect(made.status, made.text).toBe(201);
    expect((await engine.api('POST', '/containers/target/start')).status).toBe(204);
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  it('is refused when it is made, with the field', async () => {
    for (const [field, path, body] of attempts) {
      const { status, json } = await engine.api<{ message: string }>('POST', path, body);
      expect([field, path, status, json.message]).toEqual([field, path, 400, expect.stringContaining(field)]);
    }
    expect((await engine.api<unknown[]>('GET', '/containers/json?all=1')).json).toHaveLength(1);
  });

  it('is refused also as a path of an archive and when it is asked about beforehand', async () => {
    const archive = await engine.api<{ message: string }>('GET', '/containers/target/archive?path=/etc%00/x');
    expect([archive.status, archive.json.message]).toEqual([400, expect.stringContaining('NUL')]);
    const question = { create: [{ name: 'a', start: true, request: create({ Hostname: line }) }] };
    const { status, json } = await engine.api<{ problems: { message: string }[] }>(
      'POST',
      '/tcompose/preflight',
      question,
    );
    expect([status, json.problems.map(({ message }) => message)]).toEqual([
      200,
      [expect.stringContaining('Hostname must not contain')],
    ]);
  });
});
