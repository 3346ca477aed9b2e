import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerInspect } from '../../../src/engine/api/container.ts';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

const startOf = (message: string): RegExp => new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);
const mounting = (mount: object): object => ({ HostConfig: { Mounts: [mount] } });

/** What clients written for dockerd read out of an answer beside its content. */
describe.skipIf(why)('answers that clients act on', () => {
  let engine: TestEngine;
  const create = (name: string, more: object) =>
    engine.api<{ message: string }>('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd: ['sleep', '300'],
      ...more,
    });
  const run = async (name: string, more: object) => {
    const made = await create(name, more);
    expect(made.status, made.text).toBe(201);
    const started = await engine.api('POST', `/containers/${name}/start`);
    expect(started.status, started.text).toBe(204);
  };
  const inspect = async (name: string) =>
    (await engine.api<ContainerInspect>('GET', `/containers/${name}/json`)).json;

  beforeAll(async () => {
    engine = await startTestEngine();
    await run('other', {});
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  it.each([
    ['network nope not found', { HostConfig: { NetworkMode: 'nope' } }],
    ['network nope not found', { NetworkingConfig: { EndpointsConfig: { nope: {} } } }],
    ['No such container: nope', { HostConfig: { NetworkMode: 'container:nope' } }],
    ['No such container: nope', { HostConfig: { IpcMode: 'container:nope' } }],
    ['No such container: nope', { HostConfig: { PidMode: 'container:nope' } }],
    ['No such container: nope', { HostConfig: { VolumesFrom: ['nope'] } }],
    ['No such container: nope', { HostConfig: { Links: ['nope:x'] } }],
  ])('a create says 404 of its image alone, and not "%s"', async (message, more) => {
    const { status, json } = await create('late', more);
    expect([status, json.message]).toEqual([400, expect.stringContaining(message)]);
    expect((await create('late', { Image: 'nope' })).status).toBe(404);
  });

  it.each([
    ['/proc/no-such/x', '/proc only holds what the kernel puts there'],
    ['/etc/passwd/x', '/etc/passwd is no directory'],
    ['/sys/no-such', '/sys only holds what the kernel puts there'],
  ])('a bind source that cannot be made is told before anything is: %s', async (source, why) => {
    const body = { Image: 'tcompose/host', Cmd: ['true'], HostConfig: { Binds: [`${source}:/x`] } };
    const { json } = await engine.api<{ problems: { message: string }[] }>('POST', '/tcompose/preflight', {
      create: [{ name: 'unmakeable', request: body, start: true }],
    });
    expect(json).toMatchObject({ problems: [{ message: expect.stringContaining(why) }] });
    expect((await engine.api('POST', '/containers/create?name=unmakeable', body)).status).toBe(201);
    const started = await engine.api<{ message: string }>('POST', '/containers/unmakeable/start');
    expect(started.json.message).toContain(`error while creating mount source path '${source}'`);
    // Nor does it keep others from starting.
    await run('beside', { HostConfig: { Binds: ['/tmp:/y'] } });
    for (const name of ['unmakeable', 'beside'])
      expect((await engine.api('DELETE', `/containers/${name}?force=1`)).status).toBe(204);
  });

  it('shared namespaces are shown by the id of their container', async () => {
    const id = (await inspect('other')).Id;
    const modes = { IpcMode: 'container:other', PidMode: 'container:other', NetworkMode: 'container:other' };
    const shareable = await create('shared', { HostConfig: modes });
    expect(shareable.status, shareable.text).toBe(201);
    const { HostConfig } = await inspect('shared');
    expect([HostConfig.IpcMode, HostConfig.PidMode, HostConfig.NetworkMode]).toEqual(
      Array(3).fill(`container:${id}`),
    );
  });

  it('a port without a protocol is the one of TCP', async () => {
    const ExposedPorts = { '80': {}, '80/tcp': {}, '53/UDP': {} };
    expect((await create('ports', { ExposedPorts })).status).toBe(201);
    expect(Object.keys((await inspect('ports')).Config.ExposedPorts ?? {}).sort()).toEqual([
      '53/udp',
      '80/tcp',
    ]);
  });

  it('there is no plugin by any name', async () => {
    const { status, json } = await engine.api<{ message: string }>('GET', '/plugins/nope/json');
    expect([status, json.message]).toEqual([404, 'plugin "nope" not found']);
  });

  it('a container that ends by the signal it was sent is not restarted', async () => {
    const HostConfig = { RestartPolicy: { Name: 'always' } };
    await run('hup', { HostConfig: { ...HostConfig, Init: true } });
    await engine.api('POST', '/containers/hup/kill?signal=HUP');
    await until(async () => !(await inspect('hup')).State.Running, 'the end');
    const { State, RestartCount } = await inspect('hup');
    expect([State.Status, State.ExitCode, RestartCount]).toEqual(['exited', 129, 0]);
    const Cmd = ['sh', '-c', 'trap "exit 3" HUP; echo ready; while :; do sleep 0.1; done'];
    await run('trap', { Cmd, HostConfig });
    const log = async () => (await engine.api('GET', '/containers/trap/logs?stdout=1')).text;
    await until(async () => (await log()).includes('ready'), 'the trap');
    await engine.api('POST', '/containers/trap/kill?signal=HUP');
    await until(async () => !(await inspect('trap')).State.Running, 'the end');
    expect((await inspect('trap')).State).toMatchObject({ Status: 'exited', ExitCode: 3 });
  });

  it('a health check is told as the exec it is', async () => {
    const Healthcheck = { Test: ['CMD', 'true'], Interval: 1e9 };
    const since = Date.now() / 1000;
    await run('checked', { Healthcheck });
    const seen = async () =>
      (await engine.api('GET', `/events?since=${since}&until=${Date.now() / 1000}`)).text
        .split('\n')
        .filter((line) => line.includes('"exec_'))
        .map((line) => (JSON.parse(line) as { Action: string }).Action);
    await until(async () => (await seen()).includes('exec_die'), 'a check');
    expect((await seen()).slice(0, 3)).toEqual(['exec_create: true', 'exec_start: true', 'exec_die']);
  });

  it.each<[string, string, number, object | undefined, string]>([
    ['POST', '/containers/nope/kill', 404, undefined, 'cannot kill container: nope: No such container: nope'],
    [
      'POST',
      '/containers/other/kill?signal=WHAT',
      400,
      undefined,
      'cannot kill container: other: invalid signal: WHAT',
    ],
    [
      'POST',
      '/containers/other/rename?name=-x',
      400,
      undefined,
      'Error when allocating new name: Invalid container name',
    ],
    [
      'POST',
      '/containers/other/exec',
      400,
      { Cmd: ['true'], User: 'nope' },
      'unable to find user nope: no matching entries in passwd file',
    ],
    ['POST', '/containers/prune?filters={"until":["x"]}', 400, undefined, 'invalid time "x"'],
    ['POST', '/networks/create', 400, {}, 'invalid name: name is empty'],
    ['POST', '/networks/create', 404, { Name: 'bad', Driver: 'what' }, 'plugin "what" not found'],
    [
      'POST',
      '/networks/create',
      400,
      { Name: 'bad', IPAM: { Config: [{ Subnet: '10.77.0.0/24', Gateway: '10.78.0.1' }] } },
      "invalid network config:\ninvalid gateway 10.78.0.1: parent subnet 10.77.0.0/24 doesn't contain this address",
    ],
    [
      'POST',
      '/networks/create',
      400,
      { Name: 'bad', Options: { 'com.docker.network.driver.mtu': 'x' } },
      'failed to parse com.docker.network.driver.mtu value: x',
    ],
    [
      'POST',
      '/volumes/create',
      404,
      { Name: 'bad', Driver: 'what' },
      'create bad: error looking up volume plugin what: plugin "what" not found',
    ],
    [
      'POST',
      '/volumes/create',
      400,
      { Name: 'bad', DriverOpts: { what: 'x' } },
      'create bad: invalid option: "what"',
    ],
    ['GET', '/system/df?type=what', 400, undefined, 'unknown object type: what'],
    [
      'GET',
      '/images/BAD/json',
      400,
      undefined,
      'invalid reference format: repository name (library/BAD) must be lowercase',
    ],
  ])('begins as dockerd: %s %s %i', async (method, path, code, body, message) => {
    const { status, json } = await engine.api<{ message: string }>(method, path, body);
    expect([status, json.message]).toEqual([code, expect.stringMatching(startOf(message))]);
  });

  it.each([
    ['invalid PID mode: what', { HostConfig: { PidMode: 'what' } }],
    ['config cannot be empty in order to create a container', undefined],
    ['invalid mount config for type "what": mount type unknown', mounting({ Type: 'what', Target: '/x' })],
    [
      'invalid mount config for type "bind": field Source must not be empty',
      mounting({ Type: 'bind', Target: '/x' }),
    ],
    ['invalid mount config for type "volume": field Target must not be empty', mounting({ Type: 'volume' })],
    ['create a b: "a b" includes invalid characters', { HostConfig: { Binds: ['a b:/x'] } }],
    ['conflicting options: hostname and the UTS mode', { Hostname: 'x', HostConfig: { UTSMode: 'host' } }],
    ['invalid Annotations: the empty string is not permitted', { HostConfig: { Annotations: { '': 'x' } } }],
    [
      "conflicting options: host type networking can't be used with links",
      { HostConfig: { NetworkMode: 'host', Links: ['other:x'] } },
    ],
  ])('refuses a create with the words "%s"', async (message, more) => {
    const { status, json } =
      more === undefined
        ? await engine.api<{ message: string }>('POST', '/containers/create?name=refused', {})
        : await create('refused', more);
    expect([status, json.message]).toEqual([400, expect.stringMatching(startOf(message))]);
  });

  it('names the container whose IPC namespace cannot be joined', async () => {
    await run('closed', {});
    expect((await create('joining', { HostConfig: { IpcMode: 'container:closed' } })).status).toBe(201);
    const { status, json } = await engine.api<{ message: string }>('POST', '/containers/joining/start');
    const { Id } = await inspect('closed');
    expect([status, json.message]).toEqual([
      400,
      expect.stringContaining(`failed to join IPC namespace: container ${Id}: non-shareable IPC`),
    ]);
  });

  it('overlapping subnets are refused with 403, and attached containers named', async () => {
    const network = (Name: string) =>
      engine.api<{ message: string }>('POST', '/networks/create', {
        Name,
        IPAM: { Config: [{ Subnet: '10.77.0.0/24' }] },
      });
    expect((await network('first')).status).toBe(201);
    const second = await network('second');
    expect([second.status, second.json.message]).toEqual([
      403,
      expect.stringMatching(/^invalid pool request: Pool overlaps with other one on this address space/),
    ]);
    expect((await engine.api('POST', '/networks/first/connect', { Container: 'other' })).status).toBe(200);
    const removed = await engine.api<{ message: string }>('DELETE', '/networks/first');
    expect([removed.status, removed.json.message]).toEqual([
      403,
      expect.stringMatching(
        /^error while removing network: network first has active endpoints \(name:"other"/,
      ),
    ]);
    expect((await engine.api('POST', '/networks/first/disconnect', { Container: 'other' })).status).toBe(200);
    expect((await engine.api('DELETE', '/networks/first')).status).toBe(204);
  });

  it('shows the swap limit in effect, the request’s variables first, and the user of an exec', async () => {
    await run('shown', { User: '1000', Env: ['MINE=1'], HostConfig: { Memory: 64 << 20 } });
    const { HostConfig, Config } = await inspect('shown');
    expect([HostConfig.MemorySwap, Config.Env?.[0]]).toEqual([128 << 20, 'MINE=1']);
    const made = await engine.api<{ Id: string }>('POST', '/containers/shown/exec', { Cmd: ['true'] });
    const exec = await engine.api<object>('GET', `/exec/${made.json.Id}/json`);
    expect(exec.json).toMatchObject({ ProcessConfig: { user: '1000' }, CanRemove: false });
  });
});
