import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerInspect, ContainerSummary } from '../../../src/engine/api/container.ts';
import { faultPoints } from '../../../src/engine/fault.ts';
import {
  alive,
  killTogether,
  startTestEngine,
  type TestEngine,
  until,
  whyNoEngine,
} from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('an engine that is killed', () => {
  let engine: TestEngine | undefined;
  afterEach(async () => {
    const leaks = (await engine?.stop()) ?? [];
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

  describe('at', () => {
    const host = { NetworkMode: 'none' };
    let shared: TestEngine;
    let fault: string;
    let bystander: { readonly id: string; readonly pid: number };
    /** What comes before each: one container for all, which keeps its process. */
    beforeAll(async () => {
      const faults = mkdtempSync(join(tmpdir(), 'tce-fault-'));
      fault = join(faults, 'fault');
      shared = await startTestEngine({ TCOMPOSE_FAULT: fault });
      engine = shared;
      const { json } = await shared.api<{ Id: string }>('POST', '/containers/create?name=bystander', {
        Image: 'tcompose/host',
        Cmd: ['sh', '-c', 'sleep 1000'],
        HostConfig: host,
      });
      expect(await attempt('POST', '/containers/bystander/start')).toBe(204);
      bystander = { id: json.Id, pid: (await inspect('bystander')).State.Pid };
      engine = undefined;
    });
    afterAll(async () => {
      rmSync(dirname(fault), { recursive: true });
      expect(await shared?.stop()).toEqual([]);
    });
    beforeEach(() => {
      engine = shared;
    });
    afterEach(() => {
      engine = undefined;
    });

    it.each(faultPoints)('%s converges, and what ran before goes on', async (point) => {
      const firstPid = await shared.enginePid();
      writeFileSync(fault, point);
      const spare = await attempt('POST', '/containers/create?name=spare', {
        Image: 'tcompose/host',
        Cmd: ['sh', '-c', 'sleep 0.1; exit 4'],
        HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '' }] } },
      });
      if (spare !== 'cut' && point.startsWith('exec')) {
        const exec = await shared.api<{ Id: string }>('POST', '/containers/bystander/exec', {
          Cmd: ['sleep', '0.1'],
          AttachStdout: true,
        });
        await attempt('POST', `/exec/${exec.json.Id}/start`, { Detach: false, Tty: false });
      } else if (spare !== 'cut') {
        const steps: [string, string][] = [
          ['POST', '/containers/spare/start'],
          ['POST', '/containers/spare/wait'],
          ['DELETE', '/containers/spare?v=1'],
        ];
        for (const [method, path] of steps) if ((await attempt(method, path)) === 'cut') break;
      }
      await until(async () => (await shared.enginePid()) !== firstPid, `the engine to die at ${point}`);

      // The bystander keeps its process.
      expect(await inspect(bystander.id)).toMatchObject({ State: { Status: 'running', Pid: bystander.pid } });
      expect(alive(bystander.pid)).toBe(true);
      expect(readdirSync(join(shared.root, 'run/e'))).toEqual([]);
      // Whatever the other one has become is a state one can work from.
      const list = await shared.retry<ContainerSummary[]>('GET', '/containers/json?all=1');
      for (const { State, Names } of list.json) {
        expect(['created', 'running', 'exited'], `${Names[0]} at ${point}`).toContain(State);
      }
      const left = list.json.find(({ Names }) => Names[0] === '/spare');
      if (left !== undefined) {
        await shared.api('POST', '/containers/spare/wait');
        const ended = await inspect('spare');
        if (ended.State.Status === 'exited') expect(ended.State.ExitCode).toBe(4);
        expect((await shared.api('POST', '/containers/spare/start')).status).toBe(204);
        const result = await shared.api<{ StatusCode: number }>('POST', '/containers/spare/wait');
        expect(result.json.StatusCode).toBe(4);
        expect((await shared.api('DELETE', '/containers/spare?force=1')).status).toBe(204);
      }
      // Its name is free again.
      const again = await shared.api('POST', '/containers/create?name=spare', {
        Image: 'tcompose/host',
        Cmd: ['true'],
      });
      expect(again.status).toBe(201);
      expect((await shared.api('DELETE', '/containers/spare')).status).toBe(204);
    });
  });

  it('leaves logs without a gap and exit codes of what ended meanwhile', async () => {
    engine = await startTestEngine();
    const gate = join(engine.root, 'gate');
    mkdirSync(gate);
    const make = async (name: string, ...Cmd: string[]): Promise<void> => {
      const created = await engine!.api('POST', `/containers/create?name=${name}`, {
        Image: 'tcompose/host',
        Cmd,
        HostConfig: {
          NetworkMode: 'none',
          Binds: [`${gate}:/gate:ro`],
          // However long the kills take, the first line is still there in the end.
          LogConfig: { Type: 'json-file', Config: { 'max-size': '1g' } },
        },
      });
      expect(created.status).toBe(201);
      expect((await engine!.api('POST', `/containers/${name}/start`)).status).toBe(204);
    };
    // Forty lines every ten milliseconds, until the file is there.
    const script = `
      const fs = require('fs');
      let count = 0;
      const timer = setInterval(() => {
        if (fs.existsSync('/gate/enough')) {
          fs.writeSync(1, 'end\\n');
          setInterval(() => {}, 300_000);
          return clearInterval(timer);
        }
        let text = '';
        for (let more = 0; more < 40; more++) text += ++count + '\\n';
        fs.writeSync(1, text);
      }, 10);`;
    await make('counter', 'node', '-e', script);
    const { Pid } = (await inspect('counter')).State;
    const logs = async (tail: string): Promise<string[]> =>
      // Each line is in a frame of its own: eight bytes, then the text.
      (await engine!.retry('GET', `/containers/counter/logs?stdout=1&tail=${tail}`)).text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.slice(8));
    let reached = 0;
    for (let kill = 0; kill < 4; kill++) {
      await until(async () => Number((await logs('1'))[0] ?? 0) > reached + 1000, 'the counter to go on');
      await make(`short${kill}`, 'sh', '-c', `sleep 0.1; exit ${20 + kill}`);
      reached = Number((await logs('1'))[0]);
      process.kill(await engine.enginePid(), 'SIGKILL');
    }
    // Every kill hit the counter while it counted.
    await until(async () => Number((await logs('1'))[0]) > reached + 1000, 'the counter to go on');
    writeFileSync(join(gate, 'enough'), '');
    await until(async () => (await logs('1'))[0] === 'end', 'the counter to finish');
    const numbers = (await logs('all')).slice(0, -1).map(Number);
    expect(numbers.length).toBeGreaterThan(reached + 1000);
    expect(numbers.findIndex((number, index) => number !== index + 1)).toBe(-1);
    expect((await inspect('counter')).State).toMatchObject({ Status: 'running', Pid });
    for (let kill = 0; kill < 4; kill++) {
      await until(async () => (await inspect(`short${kill}`)).State.Status === 'exited', 'an end to be seen');
      expect((await inspect(`short${kill}`)).State.ExitCode).toBe(20 + kill);
    }
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
    const status = readFileSync(`/proc/${Pid}/status`, 'utf8');
    const shim = Number(/^PPid:\s+(\d+)/m.exec(status)![1]);
    const wait = engine.api<{ StatusCode: number }>('POST', '/containers/orphan/wait?condition=not-running');
    process.kill(shim, 'SIGKILL');
    expect((await wait).json.StatusCode).toBe(137);
    const { State } = await inspect('orphan');
    expect(State.Error).toContain('killed');
    expect(alive(Pid)).toBe(false);
    expect((await engine.api('POST', '/containers/orphan/start')).status).toBe(204);
  });

  it('together with its keeper is no harm: the next start finds what runs and what ended', async () => {
    engine = await startTestEngine();
    for (const [name, script] of [
      ['kept', 'sleep 300'],
      ['short', 'trap "exit 6" TERM; echo set; while :; do sleep 0.05; done'],
    ]) {
      await engine.api('POST', `/containers/create?name=${name}`, {
        Image: 'tcompose/host',
        Cmd: ['sh', '-c', script],
        HostConfig: { NetworkMode: 'none' },
      });
      await engine.api('POST', `/containers/${name}/start`);
    }
    const { Pid } = (await inspect('kept')).State;
    const short = (await inspect('short')).State.Pid;
    const said = async () => (await engine!.api('GET', '/containers/short/logs?stdout=1')).text;
    await until(async () => (await said()).includes('set'), 'the trap to be set');
    const pids = [engine.keeperPid(), await engine.enginePid()];
    killTogether(pids);
    await until(() => !pids.some(alive), 'both of them to be gone');
    process.kill(short, 'SIGTERM');
    await until(() => !alive(short), 'the end that no engine sees');
    await engine.start();
    expect((await inspect('kept')).State).toMatchObject({ Status: 'running', Pid });
    expect((await inspect('short')).State).toMatchObject({ Status: 'exited', ExitCode: 6 });
  });

  // Executing a set-user-id file clears the parent-death signal (prctl(2), PR_SET_PDEATHSIG): only the cgroup leads there.
  const setUserId = [
    'sh',
    '-c',
    'cp "$(command -v sleep)" /nap && chmod 4755 /nap && exec setpriv --reuid 1000 --clear-groups /nap 300',
  ];
  const startSetUserId = async (): Promise<{ Pid: number; shim: number }> => {
    await engine!.api('POST', '/containers/create?name=suid', {
      Image: 'tcompose/host',
      Cmd: setUserId,
      HostConfig: { NetworkMode: 'none' },
    });
    await engine!.api('POST', '/containers/suid/start');
    const { Pid } = (await inspect('suid')).State;
    const status = (): string => readFileSync(`/proc/${Pid}/status`, 'utf8');
    await until(() => status().startsWith('Name:\tnap\n'), 'the set-user-id program');
    return { Pid, shim: Number(/^PPid:\s+(\d+)/m.exec(status())![1]) };
  };

  it('leaves nothing of a set-user-id command when shim, keeper and engine are killed', async () => {
    engine = await startTestEngine();
    const { Pid, shim } = await startSetUserId();
    const pids = [engine.keeperPid(), await engine.enginePid(), shim];
    killTogether(pids);
    await until(() => !pids.some(alive), 'all of them to be gone');
    expect(alive(Pid)).toBe(true);
    await engine.start();
    expect((await inspect('suid')).State).toMatchObject({ Status: 'exited', ExitCode: 137 });
    expect(alive(Pid)).toBe(false);
    expect((await engine.api('POST', '/containers/suid/start')).status).toBe(204);
  });

  it('kills a set-user-id command whose shim was killed', async () => {
    engine = await startTestEngine();
    const { Pid, shim } = await startSetUserId();
    const wait = engine.api<{ StatusCode: number }>('POST', '/containers/suid/wait?condition=not-running');
    process.kill(shim, 'SIGKILL');
    expect((await wait).json.StatusCode).toBe(137);
    expect(alive(Pid)).toBe(false);
  });
});
