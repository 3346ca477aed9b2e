import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ContainerInspect } from '../../../src/engine/api/container.ts';
import {
  alive,
  killTogether,
  startTestEngine,
  type TestEngine,
  until,
  whyNoEngine,
} from '../../support/engine.ts';
import { readIfThere } from '../../support/leaks.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('restart policies at an engine’s start', () => {
  let engine: TestEngine | undefined;
  afterEach(async () => {
    const leaks = await engine?.stop();
    engine = undefined;
    ids.length = 0;
    expect(leaks).toEqual([]);
  });

  const ids: string[] = [];
  const state = async (name: string) =>
    (await engine!.api<ContainerInspect>('GET', `/containers/${name}/json`)).json.State;
  const status = async (name: string) => (await state(name)).Status;
  const make = async (name: string, policy: string, command = 'exec sleep 300') => {
    const made = await engine!.api<{ Id: string }>('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      // As its first process a command heeds only signals that it asks for.
      Cmd: ['sh', '-c', `trap 'exit 3' TERM; ${command.replace('exec sleep', 'sleep')} & wait`],
      HostConfig: { NetworkMode: 'none', RestartPolicy: { Name: policy } },
    });
    expect(made.status).toBe(201);
    ids.push(made.json.Id);
  };
  const start = async (name: string) =>
    expect((await engine!.api('POST', `/containers/${name}/start`)).status).toBe(204);
  /** A container of each policy that runs, one that its user stopped, and one that was never started. */
  const machine = async () => {
    for (const policy of ['no', 'always', 'unless-stopped', 'on-failure']) {
      await make(policy, policy);
      await start(policy);
      await make(`${policy}-stopped`, policy);
      await start(`${policy}-stopped`);
      expect((await engine!.api('POST', `/containers/${policy}-stopped/stop`)).status).toBe(204);
    }
    await make('new', 'always');
  };
  const all = async () => {
    const names = ['no', 'always', 'unless-stopped', 'on-failure'].flatMap((name) => [
      name,
      `${name}-stopped`,
    ]);
    return Object.fromEntries(
      await Promise.all([...names, 'new'].map(async (name) => [name, await status(name)])),
    );
  };
  /** Nobody is left to tell of it, and all that was written down is of a boot that is over. */
  const endOfTheMachine = async () => {
    const processes = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid));
    const ours = processes.filter((pid) => {
      const line = readIfThere(`/proc/${pid}/cmdline`);
      return line.includes('tcompose-shim') && ids.some((id) => line.includes(id));
    });
    const pids = [engine!.keeperPid(), await engine!.enginePid(), ...ours.map(Number)];
    killTogether(pids);
    await until(() => !pids.some(alive), 'all to end');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const lib = join(engine!.root, 'lib');
    const files = ids.map((id) => join(lib, 'containers', id, 'state.json'));
    for (const file of [join(lib, 'boot'), ...files])
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(boot, 'a-boot-before'));
  };
  /** What runs after a boot. `always` comes back though its user stopped it, as with dockerd. */
  const afterBoot = {
    no: 'exited',
    'no-stopped': 'exited',
    always: 'running',
    'always-stopped': 'running',
    'unless-stopped': 'running',
    'unless-stopped-stopped': 'exited',
    'on-failure': 'running',
    'on-failure-stopped': 'exited',
    new: 'created',
  };
  const settled = () =>
    until(async () => (await status('always-stopped')) === 'running', 'the policies to act');

  it('bring back what ran when the machine went down under it', async () => {
    engine = await startTestEngine();
    await machine();
    await endOfTheMachine();
    await engine.start();
    await settled();
    expect(await all()).toEqual(afterBoot);
    expect(await state('no')).toMatchObject({ ExitCode: 255, Error: expect.stringContaining('restarted') });
  });

  it('leave all as it is when the engine alone was away', async () => {
    engine = await startTestEngine();
    await machine();
    const before = await all();
    const keeper = engine.keeperPid();
    expect((await engine.api('POST', '/tcompose/shutdown', { force: true })).status).toBe(202);
    await until(() => !alive(keeper), 'the keeper to end');
    await engine.start();
    expect(await all()).toEqual(before);
    expect(before).toMatchObject({ always: 'running', 'always-stopped': 'exited' });
  });

  it('bring back what was stopped together with the engine, which took its time for it', async () => {
    engine = await startTestEngine();
    await machine();
    const { Pid } = await state('always');
    const keeper = engine.keeperPid();
    expect((await engine.api('POST', '/tcompose/shutdown', { containers: true })).status).toBe(202);
    expect(alive(Pid)).toBe(false);
    await until(() => !alive(keeper), 'the keeper to end');
    await engine.start();
    await settled();
    expect(await all()).toEqual(afterBoot);
    // It ended by its own will, on its stop signal.
    expect(await state('no')).toMatchObject({ ExitCode: 3 });
    // And only once: the next start is an ordinary one.
    expect((await engine.api('POST', '/containers/always/stop')).status).toBe(204);
    const next = engine.keeperPid();
    expect((await engine.api('POST', '/tcompose/shutdown', { force: true })).status).toBe(202);
    await until(() => !alive(next), 'the keeper to end');
    await engine.start();
    expect(await status('always')).toBe('exited');
  });
});
