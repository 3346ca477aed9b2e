import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerInspect } from '../../../src/engine/api/container.ts';
import { faultPoints } from '../../../src/engine/fault.ts';
import {
  alive,
  docker,
  killTogether,
  startTestEngine,
  type TestEngine,
  until,
} from '../../support/engine.ts';
import { missingRuntimes, runtimes, whyNoRuntimes } from './runtimes.ts';

const why = whyNoRuntimes();
if (why) console.log(`skipped: ${why}`);
if (!why) for (const name of missingRuntimes) console.log(`skipped in part: ${name} is not on this machine`);

describe.skipIf(why)('an engine that is killed while another runtime runs containers', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const start = async (name: string, Runtime: string, Cmd: string[]): Promise<void> => {
    const create = await engine.api('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd,
      HostConfig: { Runtime },
    });
    expect(create.status).toBe(201);
    expect(await engine.api('POST', `/containers/${name}/start`)).toMatchObject({ status: 204, text: '' });
  };
  const inspect = async (name: string) =>
    (await engine.retry<ContainerInspect>('GET', `/containers/${name}/json`)).json;
  const killEngine = async (): Promise<void> => {
    const pid = await engine.enginePid();
    process.kill(pid, 'SIGKILL');
    await until(() => !alive(pid), 'the engine to end');
  };

  it.each(runtimes)('is followed by one that adopts those of %s', async (runtime) => {
    const [kept, ended] = [`kept-${runtime}`, `ended-${runtime}`];
    const loop = 'trap "exit 6" TERM; while :; do echo tick; sleep 0.1; done';
    await start(kept, runtime, ['sh', '-c', loop]);
    await start(ended, runtime, ['sh', '-c', 'read x < /tmp/go; exit 5']);
    const before = await inspect(kept);
    await killEngine();
    const after = await inspect(kept);
    expect(after.State).toMatchObject({
      Status: 'running',
      Pid: before.State.Pid,
      StartedAt: before.State.StartedAt,
    });
    expect(after.NetworkSettings.IPAddress).toBe(before.NetworkSettings.IPAddress);
    expect(docker(engine, ['exec', kept, 'cat', '/proc/1/cmdline']).stdout).toContain('tick');
    expect(docker(engine, ['pause', kept]).status).toBe(0);
    expect(docker(engine, ['unpause', kept]).status).toBe(0);
    expect((await engine.api('POST', `/containers/${kept}/stop`)).status).toBe(204);
    expect((await inspect(kept)).State).toMatchObject({ Status: 'exited', ExitCode: 6 });
    expect((await inspect(ended)).State).toMatchObject({ Status: 'exited', ExitCode: 5 });
  });

  it.each(runtimes)('is followed by one that records exits of %s in between', async (runtime) => {
    const name = `meanwhile-${runtime}`;
    await start(name, runtime, ['sh', '-c', 'trap "exit 6" TERM; echo set; while :; do sleep 0.05; done']);
    await until(() => docker(engine, ['logs', name]).stdout === 'set\n', 'the trap to be set');
    const { Id, State } = await inspect(name);
    // Keeper and engine at once: nobody starts another engine before the container has ended.
    const [keeper, pid] = [engine.keeperPid(), await engine.enginePid()];
    killTogether([keeper, pid]);
    await until(() => !alive(keeper) && !alive(pid), 'engine and keeper to end');
    process.kill(State.Pid, 'SIGTERM');
    const exit = () => readFileSync(join(engine.root, 'run/c', Id, 'exit'), 'utf8');
    await until(() => {
      try {
        return exit().includes('code 6');
      } catch {
        return false;
      }
    }, 'the exit on file');
    await engine.start();
    expect((await inspect(name)).State).toMatchObject({ Status: 'exited', ExitCode: 6 });
  });
});

const execPoints = faultPoints.filter((point) => point.startsWith('exec'));
const execCases = runtimes.flatMap((runtime) => execPoints.map((point) => [runtime, point] as const));

describe.skipIf(why)('an exec of another runtime', () => {
  let engine: TestEngine;
  afterEach(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  it.each(execCases)(
    'of %s whose engine is killed at %s keeps no next engine from serving',
    async (Runtime, point) => {
      engine = await startTestEngine({ TCOMPOSE_FAULT: point });
      const first = await engine.enginePid();
      const created = await engine.api('POST', '/containers/create?name=one', {
        Image: 'tcompose/host',
        Cmd: ['sleep', '300'],
        HostConfig: { Runtime },
      });
      expect(created.status).toBe(201);
      expect((await engine.api('POST', '/containers/one/start')).status).toBe(204);
      const exec = { Cmd: ['sh', '-c', 'echo done'], AttachStdout: true };
      const { json } = await engine.api<{ Id: string }>('POST', '/containers/one/exec', exec);
      await engine.api('POST', `/exec/${json.Id}/start`, { Detach: false, Tty: false }).catch(() => {});
      await until(async () => (await engine.enginePid()) !== first, `the engine to die at ${point}`);
      const after = await engine.retry<ContainerInspect>('GET', '/containers/one/json');
      expect(after.json.State.Status).toBe('running');
      expect(readdirSync(join(engine.root, 'run/e'))).toEqual([]);
      expect(docker(engine, ['exec', 'one', 'echo', 'again']).stdout).toBe('again\n');
    },
  );
});
