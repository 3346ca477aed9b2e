import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/doctor/finding.ts';
import { commandLimit } from '../support/cli.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { makeUser, rootlessUnmet, type TestUser } from '../support/rootless.ts';

const unmet = rootlessUnmet('mount', 'pasta', 'fuse-overlayfs');

/** One thing that is wrong, made so by root in a mount namespace for the command alone; $T is an empty directory, $HOME the user's. */
interface Broken {
  readonly what: string;
  readonly prepare: string;
  readonly id: string;
  readonly level: Finding['level'];
  readonly message: RegExp;
  readonly fix: RegExp;
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the command, as the user. */
  readonly before?: readonly string[];
}

const hide = (...programs: string[]): string =>
  programs
    .map(
      (name) =>
        `for f in /usr/bin/${name} /usr/local/bin/${name}; do [ ! -e $f ] || mount --bind /dev/null $f; done`,
    )
    .join('; ');
const openTun = 'mkdir -p /dev/net && mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200';
const homeOn = (options: string): string =>
  `mount -t tmpfs -o ${options},mode=700,uid=$(stat -c %u "$HOME") none "$HOME"`;

const machines: readonly Broken[] = [
  {
    what: 'newuidmap is not there',
    prepare: hide('newuidmap', 'newgidmap'),
    id: 'sub-ids.programs',
    level: 'limited',
    message: /newuidmap and newgidmap are not installed/,
    fix: /install .*(uidmap|shadow)/,
  },
  {
    what: 'newuidmap has lost its set-user-id bit',
    prepare:
      'for p in newuidmap newgidmap; do f=$(command -v $p); cp "$f" "$T/$p"; chmod 755 "$T/$p"; mount --bind "$T/$p" "$f"; done',
    id: 'sub-ids.programs',
    level: 'limited',
    message: /newuidmap and \S*newgidmap has neither the set-user-id bit nor its capability/,
    fix: /setcap cap_setuid=ep \S*newuidmap && .*setcap cap_setgid=ep \S*newgidmap/,
  },
  {
    what: 'the command may gain no rights',
    prepare: 'true',
    before: ['setpriv', '--no-new-privs'],
    id: 'sub-ids.programs',
    level: 'limited',
    message: /no_new_privs/,
    fix: /^$/,
  },
  {
    what: 'he has no sub-ids',
    prepare:
      'for f in /etc/subuid /etc/subgid; do { grep -v "^$(id -un $(stat -c %u "$HOME")):" $f || :; } > "$T/$(basename $f)"; mount --bind "$T/$(basename $f)" $f; done',
    id: 'sub-ids.range',
    level: 'limited',
    message: /no ids for/,
    fix: /usermod --add-subuids (\d+-\d+) --add-subgids \1 /,
  },
  {
    what: 'neither pasta nor slirp4netns is there',
    prepare: `${openTun}; ${hide('pasta', 'slirp4netns')}`,
    id: 'outside.program',
    level: 'limited',
    message: /neither pasta nor slirp4netns is installed/,
    fix: /install .*passt/,
  },
  {
    what: '/dev/net/tun is closed to him',
    prepare: `${openTun} && chmod 600 /dev/net/tun`,
    id: 'outside.tun',
    level: 'limited',
    message: /\/dev\/net\/tun cannot be opened/,
    fix: /chmod 666 \/dev\/net\/tun/,
  },
  {
    what: 'his home takes no programs',
    prepare: homeOn('noexec,nosuid'),
    id: 'storage.mount-options',
    level: 'limited',
    message: /is mounted noexec, nosuid: programs on volumes/,
    fix: /^export TCOMPOSE_ROOT=\/var\/tmp\/tcompose-/,
  },
  {
    what: 'his home is served by a program, as over a network',
    prepare:
      'mkdir "$T/l" "$T/u" "$T/w" && fuse-overlayfs -o "lowerdir=$T/l,upperdir=$T/u,workdir=$T/w,allow_other" "$HOME" && chown $UID:$UID "$HOME"',
    id: 'storage.file-system',
    level: 'limited',
    message: /is on fuse\S*: roots are copied/,
    fix: /^export TCOMPOSE_ROOT=\/var\/tmp\/tcompose-/,
  },
  {
    what: 'his home is full',
    prepare: `${homeOn('size=30m')} && head -c 25m /dev/zero > "$HOME/big"`,
    id: 'disk.state',
    level: 'missing',
    message: /^no room: /,
    fix: /^tcompose system prune$/,
  },
  {
    what: 'his home cannot be written to',
    prepare: `${homeOn('ro')}`,
    id: 'disk.state',
    level: 'missing',
    message: /mounted read-only/,
    fix: /mount -o remount,rw /,
  },
  {
    what: 'the command is in a user namespace without his ids',
    prepare: 'true',
    before: ['unshare', '-U', '--map-current-user', 'sh', '-c', 'exec "$@"', 'sh'],
    id: 'sub-ids.range',
    level: 'limited',
    message: /user namespace without the ids/,
    fix: /^$/,
  },
  {
    what: 'he has as many watchers as he may',
    prepare: 'true',
    before: [
      ...['unshare', '-U', '--map-current-user', '--keep-caps'],
      ...['sh', '-c', 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"', 'sh'],
    ],
    id: 'inotify.instances',
    level: 'limited',
    message: /instances of this user are in use/,
    fix: /fs\.inotify\.max_user_instances ?= ?1024/,
  },
  {
    what: 'XDG_RUNTIME_DIR is somebody else’s',
    prepare:
      'mkdir -p /run/user && mount -t tmpfs none /run/user && mkdir -m 700 /run/user/$UID && chown $UID:$UID /run/user/$UID',
    env: { XDG_RUNTIME_DIR: '/run' },
    id: 'session.directory',
    level: 'limited',
    message: /XDG_RUNTIME_DIR is \/run, which is not yours or open to others/,
    fix: /^export XDG_RUNTIME_DIR=\/run\/user\/\d+$/,
  },
  {
    what: 'XDG_RUNTIME_DIR is not set',
    prepare:
      'mkdir -p /run/user && mount -t tmpfs none /run/user && mkdir -m 700 /run/user/$UID && chown $UID:$UID /run/user/$UID',
    env: { XDG_RUNTIME_DIR: '' },
    id: 'session.directory',
    level: 'limited',
    message: /XDG_RUNTIME_DIR is not set/,
    fix: /^export XDG_RUNTIME_DIR=\/run\/user\/\d+$/,
  },
  {
    what: 'a control group is named that is not his',
    prepare: 'true',
    env: { TCOMPOSE_CGROUP: '/nobodys' },
    id: 'cgroups.delegated',
    level: 'limited',
    message: /TCOMPOSE_CGROUP names \/nobodys/,
    fix: /^unset TCOMPOSE_CGROUP$/,
  },
];

describe.skipIf(unmet !== undefined)(
  `what a user’s doctor says where${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let user: TestUser;
    let scratch = '';
    beforeAll(() => {
      enterOwnNetwork();
      user = makeUser();
      scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
      chmodSync(scratch, 0o755);
    });
    afterAll(() => {
      user?.remove();
      rmSync(scratch, { recursive: true, force: true });
    });

    /** Runs the doctor as the user in a machine that root has broken for it. */
    const findings = ({ prepare, env = {}, before = [] }: Broken, topic: string): readonly Finding[] => {
      const place = mkdtempSync(join(scratch, 'm-'));
      chmodSync(place, 0o755);
      const { uid, gid } = user;
      const as = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--inh-caps=-all'];
      const doctor = [process.execPath, resolve('dist/tcompose.cjs'), 'doctor', '--json', topic];
      const script = `set -e; ${prepare}; cd /; exec "$@"`;
      const done = spawnSync(
        'unshare',
        ['-m', '--propagation', 'private', 'sh', '-c', script, 'sh', ...as, ...before, ...doctor],
        {
          env: {
            ...{
              HOME: user.home,
              USER: user.name,
              UID: String(uid),
              PATH: process.env.PATH,
              LANG: 'C.UTF-8',
            },
            ...{ XDG_RUNTIME_DIR: user.runtime, T: place },
            ...env,
          },
          encoding: 'utf8',
          timeout: commandLimit,
        },
      );
      expect(done.stdout, done.stderr).not.toBe('');
      return (JSON.parse(done.stdout) as { findings: Finding[] }).findings;
    };

    it.each(machines.map((machine) => [machine.what, machine] as const))('%s', (_, machine) => {
      const { id, level, message, fix } = machine;
      const [found] = findings(machine, id.split('.')[0]!).filter((one) => one.id === id);
      expect(found).toMatchObject({ level, message: expect.stringMatching(message) });
      expect(found?.fix ?? '').toMatch(fix);
    });
  },
);
