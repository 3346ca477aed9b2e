import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerInspect } from '../../../src/engine/api/container.ts';
import type { EventMessage } from '../../../src/engine/api/events.ts';
import { needs } from '../../support/abilities.ts';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('a container through the Engine API', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const create = async (body: object, name?: string): Promise<string> => {
    const answer = await engine.api<{ Id: string }>(
      'POST',
      `/v1.47/containers/create${name ? `?name=${name}` : ''}`,
      { Image: 'tcompose/host', ...body },
    );
    expect(answer.text).toContain('"Id"');
    return answer.json.Id;
  };
  const inspect = async (id: string): Promise<ContainerInspect> =>
    (await engine.api<ContainerInspect>('GET', `/containers/${id}/json`)).json;

  it('goes from created over running to exited, with its exit code', async () => {
    const id = await create({ Cmd: ['sh', '-c', 'echo out; echo err >&2; exit 7'] });
    expect((await inspect(id)).State.Status).toBe('created');
    const wait = engine.api<{ StatusCode: number }>('POST', `/containers/${id}/wait?condition=next-exit`);
    expect((await engine.api('POST', `/containers/${id}/start`)).status).toBe(204);
    expect((await wait).json.StatusCode).toBe(7);
    const { State } = await inspect(id);
    expect(State).toMatchObject({ Status: 'exited', ExitCode: 7, Running: false, Pid: 0, Error: '' });
    expect(State.StartedAt <= State.FinishedAt).toBe(true);
    const logs = await engine.api('GET', `/containers/${id}/logs?stdout=1&stderr=1`);
    expect(logs.text).toContain('out\n');
    expect(logs.text).toContain('err\n');
    const events = (await engine.api('GET', '/events?since=1&until=1')).text;
    expect(events).toBe('');
  });

  it('journals create, start and die in order, before a wait is answered', async () => {
    const id = await create({ Cmd: ['true'] }, 'journal');
    const wait = engine.api('POST', `/containers/${id}/wait?condition=next-exit`);
    await engine.api('POST', `/containers/${id}/start`);
    await wait;
    const filters = encodeURIComponent(JSON.stringify({ container: [id], type: ['container'] }));
    const end = Date.now() / 1000 + 0.01;
    const text = (await engine.api('GET', `/events?since=1000&until=${end}&filters=${filters}`)).text;
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as EventMessage);
    expect(events.map((event) => event.Action)).toEqual(['create', 'start', 'die']);
    expect(events.at(-1)?.Actor.Attributes).toMatchObject({
      exitCode: '0',
      name: 'journal',
      image: 'tcompose/host',
    });
  });

  it('stops by its signal, and by SIGKILL when that is ignored', async () => {
    const loop = 'echo ready; while :; do sleep 0.05; done';
    const polite = await create({ Cmd: ['sh', '-c', `trap "exit 3" TERM; ${loop}`] });
    const deaf = await create({ Cmd: ['sh', '-c', `trap "" TERM; ${loop}`] });
    for (const id of [polite, deaf]) {
      await engine.api('POST', `/containers/${id}/start`);
      const log = async () => (await engine.api('GET', `/containers/${id}/logs?stdout=1`)).text;
      await until(async () => (await log()).includes('ready'), 'the trap to be set');
    }
    await Promise.all([
      engine.api('POST', `/containers/${polite}/stop?t=120`),
      engine.api('POST', `/containers/${deaf}/stop?t=1`),
    ]);
    expect((await inspect(polite)).State.ExitCode).toBe(3);
    expect((await inspect(deaf)).State.ExitCode).toBe(137);
    expect((await engine.api('POST', `/containers/${polite}/stop`)).status).toBe(304);
  });

  it('answers conflicts and unknown things in Docker’s way', async () => {
    const id = await create({ Cmd: ['sleep', '60'] }, 'taken');
    await engine.api('POST', `/containers/${id}/start`);
    const again = await engine.api<{ message: string }>('POST', '/containers/create?name=taken', {
      Image: 'tcompose/host',
      Cmd: ['true'],
    });
    expect(again.status).toBe(409);
    expect(again.json.message).toContain('The container name "/taken" is already in use');
    expect((await engine.api('POST', `/containers/${id}/start`)).status).toBe(304);
    expect((await engine.api('DELETE', `/containers/${id}`)).status).toBe(409);
    expect((await engine.api('GET', '/containers/nothere/json')).status).toBe(404);
    expect((await engine.api('POST', '/containers/create', { Image: 'nothere', Cmd: ['x'] })).status).toBe(
      404,
    );
    expect((await engine.api('GET', '/nonsense')).status).toBe(404);
    expect((await engine.api('GET', '/v1.99/info')).status).toBe(400);
    const filtered = await engine.api<{ message: string }>('GET', '/containers/json?filters={"nope":["x"]}');
    expect(filtered).toMatchObject({ status: 400 });
    expect((await engine.api('DELETE', `/containers/${id}?force=1`)).status).toBe(204);
    expect((await engine.api('GET', `/containers/${id}/json`)).status).toBe(404);
  });

  it('finds a container by name and by a unique beginning of its id', async () => {
    const id = await create({ Cmd: ['true'] }, 'byname');
    expect((await inspect('byname')).Id).toBe(id);
    expect((await inspect(id.slice(0, 10))).Id).toBe(id);
  });

  it('says why a command cannot be run, and keeps 127 and 126', async () => {
    const missing = await create({ Cmd: ['/no/such/program'] });
    const answer = await engine.api<{ message: string }>('POST', `/containers/${missing}/start`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.json.message).toContain('/no/such/program');
    expect((await inspect(missing)).State).toMatchObject({ Status: 'created', ExitCode: 127 });
    const directory = await create({ Cmd: ['/usr'] });
    await engine.api('POST', `/containers/${directory}/start`);
    expect((await inspect(directory)).State.ExitCode).toBe(126);
  });

  it('restarts by policy until it is stopped', async () => {
    const id = await create({
      Cmd: ['sh', '-c', 'exit 1'],
      HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } },
    });
    const done = engine.api<{ StatusCode: number }>('POST', `/containers/${id}/wait?condition=not-running`);
    await engine.api('POST', `/containers/${id}/start`);
    await done;
    for (;;) {
      const { State, RestartCount } = await inspect(id);
      if (State.Status !== 'exited') continue;
      expect(RestartCount).toBe(2);
      expect(State.ExitCode).toBe(1);
      break;
    }
  });

  it('fills a new volume with what the image has there, and removes anonymous volumes with v=1', async () => {
    const id = await create({ Cmd: ['cat', '/etc/passwd'], Volumes: { '/etc': {} } });
    const [mount] = (await inspect(id)).Mounts;
    expect(mount).toMatchObject({ Type: 'volume', Destination: '/etc', RW: true });
    const wait = engine.api<{ StatusCode: number }>('POST', `/containers/${id}/wait?condition=next-exit`);
    await engine.api('POST', `/containers/${id}/start`);
    expect((await wait).json.StatusCode).toBe(0);
    expect((await engine.api('GET', `/containers/${id}/logs?stdout=1`)).text).toContain('root:');
    await engine.api('DELETE', `/containers/${id}?v=1`);
    expect((await engine.api('GET', `/volumes/${mount!.Name}`)).status).toBe(404);
  });

  it('pauses and goes on', async (context) => {
    await needs(engine, 'limits', context);
    const id = await create({ Cmd: ['sleep', '60'] });
    await engine.api('POST', `/containers/${id}/start`);
    expect((await engine.api('POST', `/containers/${id}/pause`)).status).toBe(204);
    expect((await inspect(id)).State).toMatchObject({ Status: 'paused', Paused: true, Running: true });
    expect((await engine.api('POST', `/containers/${id}/exec`, { Cmd: ['true'] })).status).toBe(409);
    expect((await engine.api('POST', `/containers/${id}/unpause`)).status).toBe(204);
    expect((await inspect(id)).State.Status).toBe('running');
    await engine.api('POST', `/containers/${id}/pause`);
    expect((await engine.api('POST', `/containers/${id}/stop?t=0`)).status).toBe(204);
  });

  it('removes an AutoRemove container when it ends', async () => {
    const id = await create({ Cmd: ['true'], HostConfig: { AutoRemove: true } });
    const removed = engine.api<{ StatusCode: number }>('POST', `/containers/${id}/wait?condition=removed`);
    await engine.api('POST', `/containers/${id}/start`);
    expect((await removed).json.StatusCode).toBe(0);
    expect((await engine.api('GET', `/containers/${id}/json`)).status).toBe(404);
  });

  it('warns by name of what it accepts but does not carry out', async () => {
    const answer = await engine.api<{ Warnings: string[] }>('POST', '/containers/create', {
      Image: 'tcompose/host',
      Cmd: ['true'],
      HostConfig: { StorageOpt: { size: '1G' }, LogConfig: { Type: 'syslog' } },
    });
    expect(answer.json.Warnings.join('\n')).toMatch(/syslog.*\n.*StorageOpt/);
  });

  it('refuses at create what could never start', async () => {
    const refuse = async (HostConfig: object, words: string): Promise<void> => {
      const answer = await engine.api<{ message: string }>('POST', '/containers/create?name=refused', {
        Image: 'tcompose/host',
        Cmd: ['true'],
        HostConfig,
      });
      expect(answer.status, answer.text).toBe(400);
      expect(answer.json.message).toContain(words);
    };
    await refuse({ CapAdd: ['NOPE'] }, 'NOPE');
    await refuse({ Mounts: [{ Type: 'bind', Source: '/no/such/source', Target: '/x' }] }, '/no/such/source');
    await refuse({ Binds: ['/a:/b:qq'] }, 'invalid mode');
    await refuse({ Ulimits: [{ Name: 'nope', Soft: 1, Hard: 1 }] }, 'nope');
    const left = await engine.api<unknown[]>('GET', '/containers/json?all=1&filters={"name":["refused"]}');
    expect(left.json).toEqual([]);
  });

  it('starts many that end at once, all at the same time, and loses no exit code', async () => {
    const codes = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const id = await create({ Cmd: ['sh', '-c', `exit ${index}`] });
        const wait = engine.api<{ StatusCode: number }>('POST', `/containers/${id}/wait?condition=next-exit`);
        const started = await engine.api('POST', `/containers/${id}/start`);
        expect(started).toMatchObject({ status: 204, text: '' });
        const code = (await wait).json.StatusCode;
        expect((await engine.api('DELETE', `/containers/${id}`)).status).toBe(204);
        return code;
      }),
    );
    expect(codes).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });
});
