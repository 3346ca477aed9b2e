import { afterEach, describe, expect, it } from 'vitest';
import type { ContainerInspect, ContainerSummary } from '../../../src/engine/api-types.ts';
import { faultPoints } from '../../../src/engine/fault.ts';
import { alive, startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('an engine that is killed', () => {
  let engine: TestEngine | undefined;
  afterEach(async () => {
    const leaks = await engine?.stop();
    engine = undefined;
    expect(leaks).toEqual([]);
  });

  const inspect = async (id: string): Promise<ContainerInspect> =>
    (await engine!.retry<ContainerInspect>('GET', `/containers/${id}/json`)).json;
  /** A request whose engine may die under it. */
  const attempt = async (method: string, path: string, body?: unknown): Promise<number | 'cut'> => {
    try {
      return (await engine!.api(method, path, body)).status;
    } catch {
      return 'cut';
    }
  };

  it.each(faultPoints)('at %s converges, and what ran before goes on', async (point) => {
    engine = await startTestEngine({ TCOMPOSE_FAULT: `${point}@2` });
    const firstPid = await engine.enginePid();
    const host = { NetworkMode: 'none' };
    // The first container passes every point once; a restart of it by policy would pass them again.
    const bystander = await engine.api<{ Id: string }>('POST', '/containers/create?name=bystander', {
      Image: 'tcompose/host',
      Cmd: ['sh', '-c', 'sleep 300'],
      HostConfig: host,
    });
    expect(await attempt('POST', '/containers/bystander/start')).toBe(204);
    const pid = (await inspect('bystander')).State.Pid;
    const spare = await attempt('POST', '/containers/create?name=spare', {
      Image: 'tcompose/host',
      Cmd: ['sh', '-c', 'sleep 0.1; exit 4'],
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '' }] } },
    });
    const steps: [string, string][] = [
      ['POST', '/containers/spare/start'],
      ['POST', '/containers/spare/wait'],
      ['POST', '/containers/spare/start'],
      ['POST', '/containers/spare/wait'],
      ['DELETE', '/containers/spare?v=1'],
    ];
    if (spare !== 'cut') {
      for (const [method, path] of steps) if ((await attempt(method, path)) === 'cut') break;
    }
    if (point.startsWith('remove')) {
      await attempt('POST', '/containers/create?name=second', {
        Image: 'tcompose/host',
        Cmd: ['true'],
        HostConfig: host,
      });
      await attempt('DELETE', '/containers/second?v=1');
    }
    await until(async () => (await engine!.enginePid()) !== firstPid, `the engine to die at ${point}`);

    // The bystander keeps its process.
    expect(await inspect(bystander.json.Id)).toMatchObject({ State: { Status: 'running', Pid: pid } });
    expect(alive(pid)).toBe(true);
    // Whatever the other one has become is a state one can work from.
    const list = await engine.retry<ContainerSummary[]>('GET', '/containers/json?all=1');
    for (const { State, Names } of list.json) {
      expect(['created', 'running', 'exited'], `${Names[0]} at ${point}`).toContain(State);
    }
    const left = list.json.find(({ Names }) => Names[0] === '/spare');
    if (left !== undefined) {
      await engine.api('POST', '/containers/spare/wait');
      const ended = await inspect('spare');
      if (ended.State.Status === 'exited') expect(ended.State.ExitCode).toBe(4);
      expect((await engine.api('POST', '/containers/spare/start')).status).toBe(204);
      const result = await engine.api<{ StatusCode: number }>('POST', '/containers/spare/wait');
      expect(result.json.StatusCode).toBe(4);
      expect((await engine.api('DELETE', '/containers/spare?force=1')).status).toBe(204);
    }
    // Its name is free again.
    const again = await engine.api('POST', '/containers/create?name=spare', {
      Image: 'tcompose/host',
      Cmd: ['true'],
    });
    expect(again.status).toBe(201);
  });

  it('leaves logs without a gap and exit codes of what ended meanwhile', async () => {
    engine = await startTestEngine();
    const make = async (name: string, script: string): Promise<void> => {
      const created = await engine!.api('POST', `/containers/create?name=${name}`, {
        Image: 'tcompose/host',
        Cmd: ['sh', '-c', script],
        HostConfig: { NetworkMode: 'none' },
      });
      expect(created.status).toBe(201);
      expect((await engine!.api('POST', `/containers/${name}/start`)).status).toBe(204);
    };
    await make('counter', 'i=0; while [ $i -lt 40000 ]; do i=$((i+1)); echo $i; done; sleep 300');
    await make('short', 'sleep 0.3; exit 9');
    const { Pid } = (await inspect('counter')).State;
    for (let kill = 0; kill < 3; kill++) {
      process.kill(await engine.enginePid(), 'SIGKILL');
      await until(
        async () => (await engine!.api('GET', '/_ping').catch(() => undefined))?.status === 200,
        'an engine',
      );
    }
    const lines = async (): Promise<string[]> =>
      (await engine!.retry('GET', '/containers/counter/logs?stdout=1')).text.split('\n');
    await until(async () => (await lines()).length > 40_000, 'the counter to finish');
    // Each line is in a frame of its own: eight bytes, then the text.
    const numbers = (await lines()).filter((line) => line !== '').map((line) => Number(line.slice(8)));
    expect(numbers).toEqual(Array.from({ length: 40_000 }, (_, index) => index + 1));
    expect((await inspect('counter')).State).toMatchObject({ Status: 'running', Pid });
    await until(async () => (await inspect('short')).State.Status === 'exited', 'the short one to be seen');
    expect((await inspect('short')).State.ExitCode).toBe(9);
  });

  it('is followed by another when the keeper is killed, and containers go on', async () => {
    engine = await startTestEngine();
    await engine.api('POST', '/containers/create?name=kept', {
      Image: 'tcompose/host',
      Cmd: ['sleep', '300'],
      HostConfig: { NetworkMode: 'none' },
    });
    await engine.api('POST', '/containers/kept/start');
    const { Pid } = (await inspect('kept')).State;
    const first = await engine.enginePid();
    const keeper = engine.keeperPid();
    process.kill(keeper, 'SIGKILL');
    await until(async () => (await engine!.enginePid()) !== first, 'another engine');
    await until(() => engine!.keeperPid() !== keeper, 'another keeper');
    expect((await inspect('kept')).State).toMatchObject({ Status: 'running', Pid });
    expect(alive(Pid)).toBe(true);
  });

  it('tells the truth about a container whose shim was killed', async () => {
    engine = await startTestEngine();
    await engine.api('POST', '/containers/create?name=orphan', {
      Image: 'tcompose/host',
      Cmd: ['sh', '-c', 'sleep 300 & sleep 300'],
      HostConfig: { NetworkMode: 'none' },
    });
    await engine.api('POST', '/containers/orphan/start');
    const { Pid } = (await inspect('orphan')).State;
    const status = (await import('node:fs')).readFileSync(`/proc/${Pid}/status`, 'utf8');
    const shim = Number(/^PPid:\s+(\d+)/m.exec(status)![1]);
    const wait = engine.api<{ StatusCode: number }>('POST', '/containers/orphan/wait?condition=next-exit');
    process.kill(shim, 'SIGKILL');
    expect((await wait).json.StatusCode).toBe(137);
    const { State } = await inspect('orphan');
    expect(State.Error).toContain('killed');
    expect(alive(Pid)).toBe(false);
    expect((await engine.api('POST', '/containers/orphan/start')).status).toBe(204);
  });
});
