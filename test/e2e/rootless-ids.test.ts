import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
