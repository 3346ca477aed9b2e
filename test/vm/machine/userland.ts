import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Architecture, isOwn } from './architecture.ts';
import { cacheDirectory, unpackOnce } from './packages.ts';

/** The programs of a machine: busybox, node, nft, crun and runc with their libraries, and koffi's own. */
export interface Userland {
  /** Puts them below `root`, in usr/bin and usr/lib. */
  readonly install: (root: string) => void;
  /** Folder of the package that carries koffi's library. */
  readonly koffi: string;
}

/** This machine's own programs for its own architecture, else packages; why there are none, as a sentence. */
export function findUserland(architecture: Architecture): Userland | string {
  const koffi = `@koromix/koffi-linux-${architecture.node}`;
  if (isOwn(architecture)) return { install: installOwn, koffi: join('node_modules', koffi) };
  const tree = join(cacheDirectory(architecture), 'userland-2');
  const problem = unpackOnce(architecture, tree, (apt) => {
    apt.get(
      'install',
      '--download-only',
      '--no-install-recommends',
      'busybox-static',
      'nftables',
      'crun',
      'runc',
      'libstdc++6',
    );
    const { version } = JSON.parse(readFileSync('node_modules/koffi/package.json', 'utf8'));
    const major = process.versions.node.split('.')[0];
    for (const [name, folder] of [
      [`${koffi}@${version}`, 'koffi'],
      [`node-linux-${architecture.node}@${major}`, 'node'],
    ] as const) {
      const packed = apt.run('npm', 'pack', '--silent', name).trim().split('\n').at(-1)!;
      apt.run('mkdir', '-p', `tree/${folder}`);
      apt.run('tar', '-xzf', packed, '-C', `tree/${folder}`, '--strip-components=1');
    }
  });
  if (problem !== undefined) return problem;
  return { install: (root) => installTree(tree, root), koffi: join(tree, 'koffi') };
}

function installTree(tree: string, root: string): void {
  installPackages(tree, root);
  cpSync(join(tree, 'node/bin/node'), join(root, 'usr/bin/node'));
}

/** Packages of a merged-/usr Debian: what they have in /bin, /sbin and /lib belongs below /usr. */
export function installPackages(tree: string, root: string): void {
  for (const [from, to] of [
    ['usr', 'usr'],
    ['lib', 'usr/lib'],
    ['lib64', 'usr/lib'],
    ['bin', 'usr/bin'],
    ['sbin', 'usr/bin'],
    ['usr/sbin', 'usr/bin'],
    ['etc', 'etc'],
    ['var', 'var'],
  ] as const) {
    if (existsSync(join(tree, from))) merge(join(tree, from), join(root, to));
  }
}

/** Copies a folder into another; a link there that stands for a folder is followed. */
function merge(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const source = join(from, name);
    const target = join(to, name);
    if (lstatSync(source).isDirectory()) {
      merge(source, target);
      continue;
    }
    // What is there may be a link, and lead out of the machine's root.
    rmSync(target, { force: true });
    cpSync(source, target, { verbatimSymlinks: true });
  }
}

function installOwn(root: string): void {
  for (const program of ['busybox', 'nft', 'crun', 'runc'])
    install(root, which(program), `usr/bin/${program}`);
  install(root, realpathSync(process.execPath), 'usr/bin/node');
}

/** A program and the libraries it is linked with; those go to /usr/lib, where every loader looks. */
function install(root: string, program: string, path: string): void {
  cpSync(program, join(root, path), { dereference: true });
  for (const library of libraries(program)) {
    const target = join(root, 'usr/lib', library.slice(library.lastIndexOf('/') + 1));
    if (!existsSync(target)) cpSync(realpathSync(library), target);
  }
}

/** Absolute paths out of `ldd`; none for a static program. */
function libraries(program: string): string[] {
  try {
    const text = execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...text.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
  } catch {
    return [];
  }
}

function which(name: string): string {
  return realpathSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim());
}
