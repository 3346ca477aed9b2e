import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Architecture } from './architecture.ts';
import type { Kernel } from './kernel.ts';
import { installModules } from './modules.ts';
import type { Userland } from './userland.ts';

/** What a machine is made of. */
export interface Parts {
  readonly architecture: Architecture;
  readonly kernel: Kernel;
  readonly userland: Userland;
}

/** Kernel folders from which the running machine may ask for modules. */
const moduleFolders = ({ kernel }: Architecture): string[] => [
  'kernel/net/',
  'kernel/lib/',
  'kernel/crypto/',
  `kernel/arch/${kernel}/crypto/`,
  'kernel/fs/overlayfs/',
  'kernel/drivers/net/veth.ko',
  'kernel/drivers/net/dummy.ko',
  'kernel/drivers/net/tun.ko',
];

/** What init does before the checks: a machine as an init system leaves it, pure cgroup v2. */
const init = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 /sys/fs/cgroup
ip link set lo up
hostname tcompose-vm
export PATH=/usr/local/bin:/usr/sbin:/usr/bin HOME=/root
node /opt/checks.mjs
echo "@@end $?"
sync
poweroff -f
`;

const files: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  'etc/hostname': 'tcompose-vm\n',
  'etc/hosts': '127.0.0.1 localhost\n',
  'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
  'etc/resolv.conf': '',
};

/**
 * Fills `root` with a small machine: the programs in /usr, the built tcompose in /opt, the kernel's modules, and `checks`
 * (a script) as what init runs.
 */
export function makeRootTree(root: string, { architecture, kernel, userland }: Parts, checks: string): void {
  for (const path of ['usr/bin', 'usr/lib', 'usr/local/bin', 'etc', 'root', 'var', 'opt']) make(root, path);
  for (const path of ['proc', 'sys', 'dev', 'run', 'tmp', 'var/lib', 'mnt']) make(root, path);
  for (const [link, text] of Object.entries({
    bin: 'usr/bin',
    sbin: 'usr/sbin',
    lib: 'usr/lib',
    lib64: 'usr/lib64',
    'usr/sbin': 'bin',
    'usr/lib64': 'lib',
  })) {
    symlinkSync(text, join(root, link));
  }
  userland.install(root);
  for (const applet of execFileSync('busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (applet !== 'busybox') symlinkSync('busybox', join(root, 'usr/bin', applet));
  }
  const project = join(root, 'opt/tcompose');
  cpSync('dist', join(project, 'dist'), {
    recursive: true,
    filter: (path) => path !== resolve('dist/cache') && path !== 'dist/cache',
  });
  const modules = join(project, 'node_modules');
  cpSync('node_modules/koffi', join(modules, 'koffi'), { recursive: true });
  cpSync(userland.koffi, join(modules, `@koromix/koffi-linux-${architecture.node}`), { recursive: true });
  cpSync('package.json', join(project, 'package.json'));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  installModules(root, kernel, moduleFolders(architecture));
  writeFileSync(join(root, 'opt/checks.mjs'), checks);
  writeFileSync(join(root, 'usr/bin/vm-init'), init);
  chmodSync(join(root, 'usr/bin/vm-init'), 0o755);
}

/** The tree as an ext4 image; made without mounting anything. */
export function makeImage(root: string, image: string): void {
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', '-d', root, image, '1200M'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

function make(root: string, path: string): void {
  mkdirSync(join(root, path), { recursive: true });
}
