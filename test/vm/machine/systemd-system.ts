import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { cacheDirectory, unpackOnce } from './packages.ts';
import type { System } from './system.ts';
import { installPackages } from './userland.ts';

/** What a Debian machine has whose users log in, run services of their own and have sub-ids. */
const packages = [
  ...['systemd', 'systemd-sysv', 'udev', 'kmod', 'dbus', 'dbus-user-session', 'libpam-systemd'],
  ...['libpam-modules', 'login', 'passwd', 'util-linux', 'mount', 'coreutils', 'dash', 'libc-bin'],
  ...['uidmap', 'passt', 'procps'],
];

const account = 'required pam_unix.so\n';
const session = `session required pam_unix.so
session optional pam_systemd.so
`;

const checks = `[Unit]
Description=checks
After=multi-user.target
[Service]
Type=oneshot
Environment=HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin
ExecStart=/usr/bin/node /opt/checks.mjs
ExecStopPost=/usr/bin/systemctl --no-block reboot
StandardOutput=tty
TTYPath=/dev/console
TimeoutStartSec=infinity
`;

const target = `[Unit]
Requires=multi-user.target
Wants=checks.service
AllowIsolate=yes
`;

const files: Readonly<Record<string, string>> = {
  'etc/passwd': [
    'root:x:0:0:root:/root:/bin/sh',
    'messagebus:x:100:100::/nonexistent:/usr/sbin/nologin',
    'alice:x:1000:1000:Alice:/home/alice:/bin/sh',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    '',
  ].join('\n'),
  'etc/shadow': ['root', 'messagebus', 'alice', 'nobody']
    .map((name) => `${name}:*:19000:0:99999:7:::\n`)
    .join(''),
  'etc/group': [
    ...[
      'root:x:0:',
      'tty:x:5:',
      'disk:x:6:',
      'kmem:x:15:',
      'shadow:x:42:',
      'utmp:x:43:',
      'messagebus:x:100:',
    ],
    ...['alice:x:1000:', 'nogroup:x:65534:', ''],
  ].join('\n'),
  'etc/subuid': 'alice:100000:65536\n',
  'etc/subgid': 'alice:100000:65536\n',
  'etc/hostname': 'tcompose-vm\n',
  'etc/hosts': '127.0.0.1 localhost tcompose-vm\n',
  'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
  'etc/resolv.conf': '',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n',
  'etc/pam.d/common-auth': 'auth required pam_unix.so\n',
  'etc/pam.d/common-account': `account ${account}`,
  'etc/pam.d/common-password': `password ${account}`,
  'etc/pam.d/common-session': session,
  'etc/pam.d/common-session-noninteractive': session.replace(/.*systemd.*\n/, ''),
  'etc/systemd/system/checks.service': checks,
  'etc/systemd/system/checks.target': target,
};

/** Nobody logs in at a console, and nothing of the hardware is asked for. */
const masked = ['getty.target', 'systemd-udev-trigger.service', 'systemd-binfmt.service'];

/**
 * Debian's systemd with a user `alice` who has sub-ids and does not linger, or why it is not to be had, as a sentence. It is booted
 * three times.
 */
export function findSystemd(architecture: Architecture): System | string {
  const tree = join(cacheDirectory(architecture), 'systemd-1');
  const problem = unpackOnce(architecture, tree, (apt) => {
    apt.get('install', '--download-only', '--no-install-recommends', ...packages);
  });
  if (problem !== undefined) return problem;
  return {
    init: '/usr/lib/systemd/systemd',
    commandLine: 'systemd.unit=checks.target systemd.show_status=0',
    files,
    moduleFolders: ['kernel/fs/autofs/', 'kernel/fs/fuse/'],
    boots: 3,
    install(root) {
      installPackages(tree, root);
      for (const name of ['doc', 'man', 'locale', 'perl', 'perl5'])
        rmSync(join(root, 'usr/share', name), { recursive: true, force: true });
    },
    finish(root, { release }) {
      for (const program of ['su', 'mount', 'umount', 'newuidmap', 'newgidmap'])
        chmodSync(join(root, 'usr/bin', program), 0o4755);
      chmodSync(join(root, 'etc/shadow'), 0o600);
      symlinkSync('/opt/tcompose/dist/tcompose.cjs', join(root, 'usr/bin/tcompose'));
      for (const unit of masked) mask(root, unit);
      mkdirSync(join(root, 'home/alice'), { recursive: true });
      chownSync(join(root, 'home/alice'), 1000, 1000);
      // The kernel's helper is Debian's, which reads other indexes than busybox makes.
      execFileSync('chroot', [root, 'depmod', release], { stdio: 'pipe' });
    },
  };
}

function mask(root: string, unit: string): void {
  const link = join(root, 'etc/systemd/system', unit);
  if (!existsSync(link)) symlinkSync('/dev/null', link);
}
