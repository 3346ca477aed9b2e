import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RootfsBind } from '../types.ts';
import { etcEntries } from './host-etc.ts';
import { isRealDirectory, localBinMountPoint, planLocalBin, planNode } from './host-node.ts';
import { type SkeletonEntry, writeSkeleton } from './skeleton.ts';

/** Root of a tcompose/host container, as data. */
interface HostRootPlan {
  readonly root: readonly SkeletonEntry[];
  /** Content to bind over /usr/local/bin, if the machine's own won't do. */
  readonly localBin?: readonly SkeletonEntry[];
  readonly binds: readonly RootfsBind[];
}

const emptyDirectories: Readonly<Record<string, number>> = {
  '/root': 0o700,
  '/home': 0o755,
  '/var': 0o755,
  '/var/cache': 0o755,
  '/var/lib': 0o755,
  '/var/log': 0o755,
  '/var/mail': 0o755,
  '/var/spool': 0o755,
  '/var/tmp': 0o1777,
  '/tmp': 0o1777,
  '/run': 0o755,
  '/run/lock': 0o1777,
  '/opt': 0o755,
  '/srv': 0o755,
  '/mnt': 0o755,
  '/media': 0o755,
  '/proc': 0o555,
  '/sys': 0o555,
  '/dev': 0o755,
  '/usr': 0o755,
};
/** With a merged /usr these are links into it, otherwise directories of their own. */
const mergedNames = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];
/** Where some distributions keep the files that links in /usr lead to. */
const stores = ['/nix/store', '/gnu/store'];

/** Plans the root for this machine (`hostRoot` is `/` except in tests) and the Node at `execPath`. */
export function planHostRoot(hostRoot: string, execPath: string): HostRootPlan {
  const root: SkeletonEntry[] = [];
  const binds: RootfsBind[] = [];
  for (const [path, mode] of Object.entries(emptyDirectories)) root.push({ kind: 'directory', path, mode });
  root.push(
    { kind: 'symlink', path: '/var/run', text: '/run' },
    { kind: 'symlink', path: '/var/lock', text: '/run/lock' },
  );
  for (const name of mergedNames) expose(hostRoot, `/${name}`, root, binds);

  const node = planNode(hostRoot, execPath);
  let localBin: readonly SkeletonEntry[] | undefined;
  if (isRealDirectory(join(hostRoot, 'usr/local')) && isRealDirectory(join(hostRoot, 'usr/local/bin'))) {
    binds.push(machines(hostRoot, '/usr'));
    const plan = planLocalBin(hostRoot, node.links);
    if (plan.kind === 'generated') {
      localBin = plan.entries;
      root.push(localBinMountPoint);
      binds.push(...plan.binds);
    }
  } else {
    // The machine's /usr has no place for our links: its parts are bound one by one into a generated /usr.
    exposeChildren(hostRoot, '/usr', ['local'], root, binds);
    exposeChildren(hostRoot, '/usr/local', ['bin'], root, binds);
    for (const [name, text] of node.links)
      root.push({ kind: 'symlink', path: `/usr/local/bin/${name}`, text });
  }
  root.push(...node.entries);
  binds.push(...node.binds);
  for (const store of stores) {
    if (!isRealDirectory(join(hostRoot, store))) continue;
    root.push({ kind: 'directory', path: store, mode: 0o755 });
    binds.push(machines(hostRoot, store));
  }
  root.push(...etcEntries(hostRoot));
  return { root, binds, ...(localBin === undefined ? {} : { localBin }) };
}

const machines = (hostRoot: string, path: string): RootfsBind => ({
  source: join(hostRoot, path),
  target: path,
  recursive: true,
  readOnly: true,
});

/** Shows one name of the machine in the container: a link as a link, anything else as a bind. */
function expose(hostRoot: string, path: string, root: SkeletonEntry[], binds: RootfsBind[]): void {
  const source = join(hostRoot, path);
  const stat = lstatSync(source, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (stat.isSymbolicLink()) root.push({ kind: 'symlink', path, text: readlinkSync(source) });
  else if (stat.isDirectory()) {
    root.push({ kind: 'directory', path, mode: 0o755 });
    binds.push(machines(hostRoot, path));
  } else if (stat.isFile()) {
    root.push({ kind: 'file', path, data: '', mode: 0o644 });
    binds.push(machines(hostRoot, path));
  }
}

function exposeChildren(
  hostRoot: string,
  path: string,
  without: readonly string[],
  root: SkeletonEntry[],
  binds: RootfsBind[],
): void {
  const directory = join(hostRoot, path);
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory).sort())
    if (!without.includes(name)) expose(hostRoot, `${path}/${name}`, root, binds);
}

/** Paths whose change (mostly by the package manager) may alter the plan. */
const watched = [
  '/',
  '/etc',
  '/etc/alternatives',
  '/etc/ssl/certs',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf.d',
  '/usr',
  '/usr/local',
  '/usr/local/bin',
];

/** Generates and keeps the root of tcompose/host below `directory`. */
export class HostRoot {
  readonly #directory: string;
  readonly #execPath: string;
  #made:
    | { readonly stamp: string; readonly lowerDir: string; readonly binds: readonly RootfsBind[] }
    | undefined;

  constructor(directory: string, execPath: string) {
    this.#directory = directory;
    this.#execPath = execPath;
  }

  /** Lower directory and binds for one more container; regenerated only after the machine has changed. */
  rootfs(): { readonly lowerDir: string; readonly binds: readonly RootfsBind[] } {
    const stamp = watched.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0).join();
    if (this.#made?.stamp === stamp) return this.#made;
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const plan = planHostRoot('/', this.#execPath);
    const lowerDir = writeSkeleton(this.#directory, plan.root);
    let { binds } = plan;
    if (plan.localBin !== undefined) {
      const source = writeSkeleton(this.#directory, plan.localBin);
      binds = [...binds, { source, target: '/usr/local/bin', recursive: false, readOnly: true }];
    }
    this.#made = { stamp, lowerDir, binds };
    return this.#made;
  }
}
