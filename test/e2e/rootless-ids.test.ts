import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../support/busybox.ts';
import { lasting } from '../support/leaks.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { makeUser, processesOf, rootlessUnmet, type TestUser } from '../support/rootless.ts';

const busybox = staticBusybox();
const unmet = rootlessUnmet('usermod') ?? (busybox === undefined ? 'needs a static busybox' : undefined);

describe.skipIf(unmet !== undefined)(`whose a user’s store is${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let user: TestUser;
  beforeAll(() => {
    enterOwnNetwork();
    user = makeUser();
    const directory = join(user.home, 'image');
    mkdirSync(directory);
    cpSync(packBusybox(busybox!, directory), join(user.project, 'image.tar'));
    chmodSync(join(user.project, 'image.tar'), 0o644);
    expect(user.tcompose('image', 'import', 'image.tar', 'box').status).toBe(0);
  });
  afterAll(() => user?.remove());

  const run = (...args: string[]) =>
    user.tcompose('container', 'run', '--rm', '--network', 'none', 'box', '/bin/busybox', ...args);

  it('is one engine’s, also when its directory is opened to others, which is refused', () => {
    const place = join(user.runtime, 'tcompose');
    expect(run('true').status).toBe(0);
    chmodSync(place, 0o755);
    const refused = user.tcompose('container', 'ls');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`${place}, where your engine has its socket, has been opened`);
    expect(refused.stderr).toContain(`chmod 700 ${place}`);
    chmodSync(place, 0o700);
    expect(run('echo', 'here').stdout).toBe('here\n');
  });

  it('is begun with the group of his account, and used with any', async () => {
    const other = 65_534;
    const withGroup = () =>
      spawnSync(
        'setpriv',
        [
          `--reuid=${user.uid}`,
          `--regid=${other}`,
          '--init-groups',
          process.execPath,
          resolve('dist/tcompose.cjs'),
          'container',
          'ls',
        ],
        { env: { HOME: user.home, XDG_RUNTIME_DIR: user.runtime, PATH: process.env.PATH }, encoding: 'utf8' },
      );
    expect(user.tcompose('engine', 'stop').status).toBe(0);
    // Namespaces that are still there could be entered with any group.
    expect(await lasting(() => processesOf(user.uid))).toEqual([]);
    const refused = withGroup();
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(
      `the group of your account (${user.gid}), and this process has group ${other}`,
    );
    expect(refused.stderr).toContain(`sg "$(id -gn ${user.name})" -c 'tcompose system info'`);
    expect(user.tcompose('system', 'info').status).toBe(0);
    expect(withGroup().status).toBe(0);
  });

  it('has files of ids he lacks as root’s, and no programs of theirs', () => {
    const tar = join(user.project, 'stray.tar');
    cpSync(join(user.project, 'image.tar'), tar);
    writeFileSync(join(user.home, 'stray'), '');
    const owner = ['--owner=:1234567890', '--group=:1234567890', '--mode=4755'];
    const packed = spawnSync('tar', ['-C', user.home, ...owner, '-rf', tar, 'stray'], { encoding: 'utf8' });
    expect(packed.status, packed.stderr).toBe(0);
    chmodSync(tar, 0o644);
    const loaded = user.tcompose('image', 'import', 'stray.tar', 'stray');
    expect(loaded.status, loaded.stderr).toBe(0);
    const words = ['container', 'run', '--rm', '--network', 'none', 'stray', '/bin/busybox'];
    const shown = user.tcompose(...words, 'stat', '-c', '%u %g %a', '/stray');
    expect(shown.stdout, shown.stderr).toBe('0 0 755\n');
    expect(user.tcompose('engine', 'logs').stdout).toMatch(/1 files of ids .* the first is \S*stray/);
  });

  it('has copies of images for roots where there can be no overlay, and says so', () => {
    const base = join(user.home, 'over');
    const at = (name: string) => join(base, name);
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(at(name), { recursive: true });
    const layers = `lowerdir=${at('lower')},upperdir=${at('upper')},workdir=${at('work')}`;
    expect(spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, at('merged')]).status).toBe(0);
    chownSync(at('merged'), user.uid, user.gid);
    try {
      const cli = (...words: string[]) =>
        user.run(
          'env',
          `TCOMPOSE_ROOT=${at('merged')}/r`,
          process.execPath,
          resolve('dist/tcompose.cjs'),
          ...words,
        );
      expect(cli('image', 'import', 'image.tar', 'box').status).toBe(0);
      const script =
        'busybox touch /new && busybox chown 33:34 /new && busybox stat -c "%u %g" /new /bin/busybox';
      const words = [
        'container',
        'run',
        '--name',
        'copied',
        '--network',
        'none',
        'box',
        '/bin/sh',
        '-c',
        script,
      ];
      expect(cli(...words).stdout).toBe('33 34\n0 0\n');
      expect(cli('engine', 'logs').stdout).toContain('so every container gets a copy of its image');
      expect(cli('container', 'rm', 'copied').status).toBe(0);
      const reset = cli('engine', 'reset', '-f');
      expect(reset.status, reset.stderr).toBe(0);
    } finally {
      expect(spawnSync('umount', ['-l', at('merged')]).status).toBe(0);
    }
  });

  it('is not used by other sub-ids than it was made with, until they are given back', async () => {
    const first = Number(
      readFileSync('/etc/subuid', 'utf8').match(new RegExp(`^${user.name}:(\\d+):`, 'm'))?.[1],
    );
    const range = (from: number) => `${from}-${from + 65_535}`;
    const move = (from: number, to: number): void => {
      const words = ['uids', 'gids'].flatMap((ids) => [
        `--del-sub${ids}`,
        range(from),
        `--add-sub${ids}`,
        range(to),
      ]);
      const moved = spawnSync('usermod', [...words, user.name], { encoding: 'utf8' });
      expect(moved.status, moved.stderr).toBe(0);
    };
    expect(user.tcompose('engine', 'stop').status).toBe(0);
    expect(await lasting(() => processesOf(user.uid))).toEqual([]);
    const words = ['--no-new-privs', process.execPath, resolve('dist/tcompose.cjs'), 'system', 'info'];
    const unable = user.run('setpriv', ...words);
    expect(unable.stderr).toMatch(/^error: newuidmap .*, and \S+ has files of your other ids/);
    move(first, first + 1_000_000);
    const refused = run('true');
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain('belongs to ids that you do not have any more');
    expect(refused.stderr).toContain(`${user.name}:${first}:65536`);
    expect(refused.stderr).toContain('sudo rm -r');
    expect(await lasting(() => processesOf(user.uid))).toEqual([]);
    move(first + 1_000_000, first);
    expect(run('echo', 'back').stdout).toBe('back\n');
  });
});
