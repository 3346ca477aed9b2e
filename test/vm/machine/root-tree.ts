import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Architecture } from './architecture.ts';
import type { Kernel } from './kernel.ts';
import { installModules } from './modules.ts';
import type { System } from './system.ts';
import type { Userland } from './userland.ts';

/** What a machine is made of. */
export interface Parts {
  readonly architecture: Architecture;
  readonly kernel: Kernel;
  readonly userland: Userland;
  readonly system: System;
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

/**
 * Fills `root` with a small machine: the programs in /usr, the built tcompose in /opt, the kernel's modules, what the system
 * starts with, and `checks` (a script) as what it runs.
 */
export function makeRootTree(root: string, parts: Parts, checks: string): void {
  const { architecture, kernel, userland, system } = parts;
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
  system.install(root);
  const programs = new Set(readdirSync(join(root, 'usr/bin')));
  for (const applet of execFileSync('busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (!programs.has(applet)) symlinkSync('busybox', join(root, 'usr/bin', applet));
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
  for (const [path, text] of Object.entries(system.files)) {
    make(root, dirname(path));
    writeFileSync(join(root, path), text);
  }
  installModules(root, kernel, [...moduleFolders(architecture), ...system.moduleFolders]);
  writeFileSync(join(root, 'opt/checks.mjs'), checks);
  system.finish(root, kernel);
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
