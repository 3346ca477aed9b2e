import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerInspect } from '../../../src/engine/api/container.ts';
import type { Info } from '../../../src/engine/api/system.ts';
import { alive, startTestEngine, type TestEngine, until } from '../../support/engine.ts';
import { programOf, runtimes, whyNoRuntimes } from './runtimes.ts';

const [runtime] = runtimes;
const why =
  whyNoRuntimes() ?? (runtime === undefined ? 'neither crun nor runc is on this machine' : undefined);
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('another OCI runtime that fails', () => {
  let engine: TestEngine;
  let bin: string;
  beforeAll(async () => {
    engine = await startTestEngine();
    bin = join(engine.root, 'bin');
    mkdirSync(bin);
    mkdirSync(join(engine.root, 'etc'));
    const program = (name: string, text: string): object => {
      const path = join(bin, name);
      writeFileSync(path, `#!/bin/sh\n${text}\n`);
      chmodSync(path, 0o755);
      return { path };
    };
    copyFileSync(programOf(runtime!), join(bin, 'vanishing'));
    const real = `exec ${programOf(runtime!)} "$@"`;
    configure({
      loud: program('loud', 'echo "it is broken: $5" >&2; exit 3'),
      mute: program('mute', 'exit 1'),
      noPid: program('no-pid', 'exit 0'),
      hanging: program('hanging', `case " $* " in *" create "*) sleep 300;; *) ${real};; esac`),
      chatty: program('chatty', `case " $* " in *" create "*) echo a warning >&2;; esac; ${real}`),
      deaf: program('deaf', `case " $* " in *" kill "*) exit 1;; esac; ${real}`),
      startless: program(
        'startless',
        `case " $* " in *" start "*) echo cannot start >&2; exit 1;; esac; ${real}`,
      ),
      withArgs: { path: join(bin, 'loud'), runtimeArgs: ['--a', '--b'] },
      vanishing: { path: join(bin, 'vanishing') },
    });
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const config = () => join(engine.root, 'etc/engine.json');
  const configure = (all: object): void => writeFileSync(config(), JSON.stringify({ runtimes: all }));
  const create = (Runtime: string, more: object = {}, HostConfig: object = {}) =>
    engine.api<{ Id: string; Warnings: string[]; message: string }>('POST', '/containers/create', {
      Image: 'tcompose/host',
      Cmd: ['sleep', '300'],
      ...more,
      HostConfig: { Runtime, NetworkMode: 'none', ...HostConfig },
    });
  const start = async (
    runtime: string,
    more: object = {},
  ): Promise<{ id: string; status: number; message: string }> => {
    const { Id: id } = (await create(runtime, more)).json;
    const answer = await engine.api<{ message: string }>('POST', `/containers/${id}/start`);
    return { id, status: answer.status, message: answer.text === '' ? '' : answer.json.message };
  };
  const state = async (id: string) =>
    (await engine.api<ContainerInspect>('GET', `/containers/${id}/json`)).json.State;

  it('is told in its own words, and nothing is left of the container', async () => {
    const { id, status, message } = await start('loud');
    expect(status).toBe(500);
    expect(message).toMatch(/: loud create: it is broken: --log-format \(This is what the runtime loud says/);
    expect(await state(id)).toMatchObject({
      Status: 'created',
      ExitCode: 128,
      Error: expect.stringContaining('broken'),
    });
    expect((await start('mute')).message).toContain('mute create: it says nothing of why');
    expect((await start('noPid')).message).toContain('the pid file of the runtime');
    expect((await start('withArgs')).message).toContain('it is broken: --log');
    await until(() => readdirSync(join(engine.root, 'run/c')).length === 0, 'the run directories to go');
  });

  it('fails at the start of the command, and the container that was made goes', async () => {
    const { id, message } = await start('startless');
    expect(message).toContain('startless start: cannot start');
    expect(await state(id)).toMatchObject({ Status: 'created', Pid: 0 });
  });

  it('is ended while it hangs when the engine that waits for it dies', async () => {
    const { Id: id } = (await create('hanging')).json;
    const starting = engine.api('POST', `/containers/${id}/start`).catch(() => undefined);
    const shown = () => processes().filter((command) => command.includes('hanging') && command.includes(id));
    await until(() => shown().length > 0, 'the call of create');
    process.kill(await engine.enginePid(), 'SIGKILL');
    await starting;
    await until(() => shown().length === 0, 'the call to be ended');
    await until(async () => (await state(id).catch(() => undefined))?.Status === 'created', 'the record');
    expect((await state(id)).Error).toContain('the start did not complete');
  });

  it('only warns, and the warning is no output of the container', async () => {
    const { id, status } = await start('chatty', { Cmd: ['echo', 'output'] });
    expect(status).toBe(204);
    await until(async () => (await state(id)).Status === 'exited', 'the exit');
    const logs = await engine.api('GET', `/containers/${id}/logs?stdout=1&stderr=1`);
    expect(logs.text).not.toContain('a warning');
    expect(logs.text).toContain('output');
    expect(engine.log()).toContain('a warning');
  });

  it('can not keep a container from its end', async () => {
    const { id } = await start('deaf');
    const hup = await engine.api<{ message: string }>('POST', `/containers/${id}/kill?signal=HUP`);
    expect(hup.json.message).toContain('its runtime deaf did not send signal 1');
    expect((await engine.api('POST', `/containers/${id}/stop?t=0`)).status).toBe(204);
    expect(await state(id)).toMatchObject({ Status: 'exited', ExitCode: 137 });
    const gone = await start('vanishing');
    expect(gone.status).toBe(204);
    const { Pid } = await state(gone.id);
    rmSync(join(bin, 'vanishing'));
    expect((await engine.api('DELETE', `/containers/${gone.id}?force=1`)).status).toBe(204);
    expect(alive(Pid)).toBe(false);
  });

  it('loses its shim, and the container ends with it', async () => {
    const { id } = await start(runtime!);
    const { Pid } = await state(id);
    const shim = Number(
      /^shim-pid (\d+)$/m.exec(readFileSync(join(engine.root, 'run/c', id, 'pid'), 'utf8'))?.[1],
    );
    process.kill(shim, 'SIGKILL');
    await until(async () => (await state(id)).Status === 'exited', 'the exit');
    expect(await state(id)).toMatchObject({ ExitCode: 137, Error: expect.stringContaining('was killed') });
    expect(alive(Pid)).toBe(false);
    expect((await engine.api('POST', `/containers/${id}/start`)).status).toBe(204);
    expect((await engine.api('DELETE', `/containers/${id}?force=1`)).status).toBe(204);
  });

  it('is refused before anything is made when it is not there, or can not do what is asked', async () => {
    const unknown = await create('nothing-like-it');
    expect(unknown.status).toBe(400);
    expect(unknown.json.message).toMatch(
      /^unknown or invalid runtime name: nothing-like-it; this machine has tcompose, loud, mute/,
    );
    const gone = await create('vanishing');
    expect(gone.json.message).toContain(
      `the program of the runtime vanishing, ${bin}/vanishing, does not exist`,
    );
    const shared = await create(runtime!, {}, { Binds: [`${bin}:/x:rshared`] });
    expect(shared.json.message).toContain('cannot be rshared with the runtime');
    expect((await create('', {}, { Binds: [`${bin}:/x:rslave`] })).status).toBe(201);
  });

  it('has a configuration that is wrong: that is told with its place, and the built-in one goes on', async () => {
    writeFileSync(config(), '{"runtimes": {\n  "x": {"paht": "/x"}}}');
    expect((await create(runtime!)).json.message).toBe(
      `${config()}:2:9: runtimes.x.paht is not known here (Is path meant?)`,
    );
    const info = (await engine.api<Info>('GET', '/info')).json;
    expect(info.Warnings).toContainEqual(expect.stringContaining(`${config()}:2:9`));
    expect(Object.keys(info.Runtimes)).toEqual(['tcompose']);
    expect((await create('')).status).toBe(201);
    expect(existsSync(config())).toBe(true);
  });
});

function processes(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    });
}
