import { existsSync, mkdirSync, readdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BundleRoom, leftOver, makeBundleRoom } from '../../support/bundle.ts';
import { whyNoContainers } from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)('a root file system that wants out', () => {
  let room: BundleRoom;
  let outside: string;
  beforeEach(() => {
    room = makeBundleRoom();
    outside = join(room.dir, 'outside');
    mkdirSync(outside);
  });
  afterEach(() => room.close());

  const inRoot = (path: string): string => join(room.dir, 'rootfs', path);

  it.each(['proc', 'sys', 'dev'])('is refused when its /%s is a link', async (name) => {
    rmdirSync(inRoot(name));
    mkdirSync(inRoot(`real-${name}`));
    symlinkSync(`/real-${name}`, inRoot(name));
    await expect(room.run(['true'])).rejects.toMatchObject({ code: 'RUNTIME_LAUNCH', exitCode: 128 });
    expect(readdirSync(inRoot(`real-${name}`))).toEqual([]);
    expect(leftOver(room)).toEqual([]);
  });

  it('gets its mount points made inside, whatever its links say', async () => {
    symlinkSync(outside, inRoot('absolute'));
    symlinkSync('../../../../../../../../..', inRoot('climbing'));
    mkdirSync(join(room.dir, 'source'));
    writeFileSync(join(room.dir, 'source/file'), 'here');
    const source = join(room.dir, 'source');
    const mounts = ['/absolute/made', '/climbing/made'].map(
      (target) => ({ type: 'bind', source, target, readOnly: true }) as const,
    );
    const { status, out } = await room.run(['cat', '/absolute/made/file', '/made/file'], { mounts });
    expect([status, out]).toEqual([0, 'herehere']);
    expect(readdirSync(outside)).toEqual([]);
    expect(existsSync('/made')).toBe(false);
  });

  it('gets its working directory made inside', async () => {
    symlinkSync(outside, inRoot('away'));
    const { status, out } = await room.run(['pwd'], { config: { WorkingDir: '/away/work' } });
    expect([status, out]).toEqual([0, `${outside}/work\n`]);
    expect(readdirSync(outside)).toEqual([]);
  });

  it('cannot start in a directory of the host that leaked in as a descriptor', async () => {
    const hostOnly = readdirSync('/').filter((name) => !existsSync(inRoot(name)));
    expect(hostOnly).not.toEqual([]);
    for (const fd of [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
      const run = room.run(['ls', '-a'], { config: { WorkingDir: `/proc/self/fd/${fd}` } });
      const seen = await run.then(
        ({ out }) => out,
        (error: Error) => error.message,
      );
      const names = seen.split(/\s+/);
      expect(names.filter((name) => hostOnly.includes(name))).toEqual([]);
    }
  });

  it('hides nothing of its own behind a false /dev/null', async () => {
    writeFileSync(inRoot('dev/null'), 'mine');
    const { status, out } = await room.run([
      'sh',
      '-c',
      'cat /dev/null /proc/kcore; stat -c "%t:%T" /dev/null',
    ]);
    expect([status, out]).toEqual([0, '1:3\n']);
  });
});
