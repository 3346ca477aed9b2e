import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from '../../../src/cli/arguments/command.ts';
import { command as create } from '../../../src/cli/oci/create.ts';
import { command as remove } from '../../../src/cli/oci/delete.ts';
import { command as kill } from '../../../src/cli/oci/kill.ts';
import { command as run } from '../../../src/cli/oci/run.ts';
import { command as start } from '../../../src/cli/oci/start.ts';
import { command as state } from '../../../src/cli/oci/state.ts';
import { type BundleRoom, leftOver, makeBundleRoom, textContext } from '../../support/bundle.ts';
import { whyNoContainers } from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)('tcompose oci', () => {
  let room: BundleRoom;
  beforeAll(() => {
    room = makeBundleRoom();
  });
  afterAll(() => room.close());

  const call = async (command: Command, positional: string[], flags = {}) => {
    const { ctx, out, err } = textContext(room.dir);
    const status = await command.run({ flags, positional }, ctx);
    return { status, out: out(), err: err() };
  };
  const statusOf = async (id: string) =>
    JSON.parse((await call(state, [id])).out) as { status: string; pid?: number };

  /** Asks until the container is in the state; a container that never gets there runs into the suite's time limit. */
  async function until(id: string, status: string): Promise<void> {
    while ((await statusOf(id)).status !== status) await sleep(5);
  }

  it('takes a container through its life', async () => {
    const bundle = room.bundle([
      'sh',
      '-c',
      'trap "echo bye; exit 7" TERM; echo up; while :; do sleep 0.01; done',
    ]);
    const pidFile = join(room.dir, 'pid-file');
    await call(create, ['life'], { bundle, 'pid-file': pidFile });
    const created = await statusOf('life');
    expect(created).toMatchObject({ ociVersion: '1.2.0', id: 'life', status: 'created', bundle });
    expect(readFileSync(pidFile, 'utf8')).toBe(String(created.pid));
    const log = join(room.dir, 'run/oci/life/log');
    expect(existsSync(log) ? readFileSync(log, 'utf8') : '').toBe('');
    await expect(call(create, ['life'], { bundle })).rejects.toThrow(/exists already/);
    await expect(call(remove, ['life'])).rejects.toThrow(/is created and cannot be deleted/);

    await call(start, ['life']);
    expect(await statusOf('life')).toMatchObject({ status: 'running', pid: created.pid });
    await expect(call(start, ['life'])).rejects.toThrow(/is running and cannot be started/);
    while (!readFileSync(log, 'utf8').includes('up')) await sleep(5);

    await call(kill, ['life', 'TERM']);
    await until('life', 'stopped');
    expect(readFileSync(log, 'utf8')).toMatch(/ stdout F bye\n$/);
    await expect(call(kill, ['life'])).rejects.toThrow(/is stopped: there is no process/);
    await call(remove, ['life']);
    await expect(call(state, ['life'])).rejects.toThrow(/does not exist/);
    expect(leftOver(room)).toEqual([]);
  });

  it('deletes a running or merely created container by force', async () => {
    const bundle = room.bundle(['sleep', 'infinity']);
    await call(create, ['a'], { bundle });
    await call(remove, ['a'], { force: true });
    await call(create, ['b'], { bundle });
    await call(start, ['b']);
    const { pid } = await statusOf('b');
    await call(remove, ['b'], { force: true });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    await call(remove, ['b'], { force: true });
    expect(leftOver(room)).toEqual([]);
  });

  it('gives the exit code and output of a run', async () => {
    expect(await room.run(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      status: 3,
      out: 'out\n',
      err: 'err\n',
    });
    expect(
      (await room.run(['sh', '-c', 'kill -SEGV $$; exit 9'], { hostConfig: { PidMode: 'host' } })).status,
    ).toBe(139);
  });

  it.each([
    ['a missing command', ['nosuch'], /"nosuch": executable file not found in \$PATH/, 127],
    ['a directory as the command', ['/etc'], /"\/etc": permission denied/, 126],
  ])('says what is wrong with %s', async (_what, args, message, exitCode) => {
    await expect(room.run(args)).rejects.toMatchObject({ message: expect.stringMatching(message), exitCode });
    expect(leftOver(room)).toEqual([]);
  });

  it('says which mount source is missing', async () => {
    const mounts = [{ type: 'bind', source: '/no/such/place', target: '/x', readOnly: false }] as const;
    await expect(room.run(['true'], { mounts })).rejects.toThrow(
      'bind source path does not exist: /no/such/place',
    );
    expect(leftOver(room)).toEqual([]);
  });

  it('refuses bundles that are none', async () => {
    const bundle = room.bundle(['true']);
    await expect(call(run, ['x'], { bundle: join(room.dir, 'nowhere') })).rejects.toThrow(
      /config.json cannot be read/,
    );
    writeFileSync(join(bundle, 'config.json'), '{"ociVersion":"2.0"}');
    await expect(call(run, ['x'], { bundle })).rejects.toThrow(/of OCI version 2.0/);
    writeFileSync(join(bundle, 'config.json'), '{"ociVersion":"1.0.2","root":{"path":"rootfs"},"linux":{}}');
    await expect(call(run, ['x'], { bundle })).rejects.toThrow(/process is missing/);
    await expect(call(run, ['../x'], { bundle })).rejects.toThrow(/is no container id/);
    rmSync(bundle, { recursive: true });
  });
});
