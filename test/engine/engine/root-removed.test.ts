import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

const alive = (pid: number): boolean => existsSync(`/proc/${pid}`);
/** What the engine makes in it meanwhile is removed too. */
const gone = (path: string): void =>
  rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
function emptied(directory: string): void {
  for (const name of readdirSync(directory)) gone(join(directory, name));
}

interface Running {
  readonly engine: TestEngine;
  /** Of the engine and its keeper. */
  readonly own: readonly number[];
  /** First processes, by the container's name. */
  readonly pids: Readonly<Record<string, number>>;
}

/** An engine with a container that comes back and one that does not; a stop by their own signal ends both with 3. */
async function running(): Promise<Running> {
  const engine = await startTestEngine();
  const own = [engine.keeperPid(), await engine.enginePid()];
  const pids: Record<string, number> = {};
  for (const [name, policy] of Object.entries({ back: 'always', once: 'no' })) {
    await engine.api('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd: ['sh', '-c', 'trap "exit 3" TERM; echo set; while :; do sleep 0.1; done'],
      HostConfig: { RestartPolicy: { Name: policy }, PortBindings: { '80/tcp': [{ HostPort: '' }] } },
      ExposedPorts: { '80/tcp': {} },
    });
    expect((await engine.api('POST', `/containers/${name}/start`)).status).toBe(204);
    const said = async () => (await engine.api('GET', `/containers/${name}/logs?stdout=1`)).text;
    await until(async () => (await said()).includes('set'), 'the trap to be set');
    pids[name] = (await stateOf(engine, name)).Pid;
  }
  return { engine, own, pids };
}

interface State {
  readonly Status: string;
  readonly Pid: number;
  readonly ExitCode: number;
}

const stateOf = async (engine: TestEngine, name: string): Promise<State> =>
  (await engine.retry<{ State: State }>('GET', `/containers/${name}/json`)).json.State;

const patience = { timeout: 90_000 };

describe.skipIf(why)('a directory that is removed under a running project', () => {
  it.each<[string, (root: string) => void]>([
    ['all of it', (root) => gone(root)],
    ['the state, then the rest', (root) => [`${root}/lib`, root].forEach(gone)],
    ['the state alone', (root) => gone(`${root}/lib`)],
    ['what is in the state alone', (root) => emptied(`${root}/lib`)],
  ])('takes containers, links and the engine along: %s', async (_, remove) => {
    const { engine, own, pids } = await running();
    remove(engine.root);
    await expect.poll(() => [...own, ...Object.values(pids)].filter(alive), patience).toEqual([]);
    expect(await engine.stop()).toEqual([]);
  });

  it.each<[string, (root: string) => void]>([
    ['the run directory', (root) => gone(`${root}/run`)],
    ['what is in the run directory', (root) => emptied(`${root}/run`)],
  ])(
    'stops containers nobody could reach, and starts what comes back under a new engine: %s',
    async (_, remove) => {
      const { engine, own, pids } = await running();
      remove(engine.root);
      await expect.poll(() => [...own, ...Object.values(pids)].filter(alive), patience).toEqual([]);
      // A user's network was in that directory: his next command makes another one, and starts the engine in it.
      if (process.getuid?.() !== 0) await engine.start();
      await expect.poll(() => existsSync(engine.socket), patience).toBe(true);
      expect(await stateOf(engine, 'once')).toMatchObject({ Status: 'exited', ExitCode: 3 });
      await expect.poll(async () => (await stateOf(engine, 'back')).Status, patience).toBe('running');
      expect(await engine.stop()).toEqual([]);
    },
  );

  it('is made again by the next engine when it was the socket alone; containers do not notice', async () => {
    const { engine, own, pids } = await running();
    const [keeper = 0, first] = own;
    gone(engine.socket);
    await expect.poll(() => existsSync(engine.socket), patience).toBe(true);
    expect(await engine.enginePid()).not.toBe(first);
    expect(engine.keeperPid()).toBe(keeper);
    for (const [name, pid] of Object.entries(pids))
      expect(await stateOf(engine, name)).toMatchObject({ Status: 'running', Pid: pid });
    expect(await engine.stop()).toEqual([]);
  });
});
