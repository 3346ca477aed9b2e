import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RootfsBind } from '../types.ts';
import type { SkeletonEntry } from './skeleton.ts';

/** Where the parts of a Node outside /usr appear in the container. */
const nodeHome = '/opt/tcompose/node';
/** Where the machine's /usr/local/bin appears when ours is mounted over it. */
const localBinHome = '/opt/tcompose/local-bin';

/** What it takes to make the running Node appear at /usr/local/bin/node. */
interface NodePlan {
  /** Links that belong in /usr/local/bin: name → text. */
  readonly links: ReadonlyMap<string, string>;
  /** Mount points in the skeleton. */
  readonly entries: readonly SkeletonEntry[];
  readonly binds: readonly RootfsBind[];
}

/**
 * Plans for the Node at `execPath`. A Node inside /usr is linked to; of a Node elsewhere (a version manager's in a home
 * directory, say) only the program, npm, corepack and the headers are shown.
 */
export function planNode(hostRoot: string, execPath: string): NodePlan {
  const strip = (path: string) => (hostRoot === '/' ? path : path.slice(hostRoot.length));
  const node = realpathSync(execPath);
  if (strip(node).startsWith('/usr/')) {
    const links = new Map([['node', strip(node)]]);
    for (const name of ['npm', 'npx', 'corepack']) {
      const sibling = join(dirname(node), name);
      if (strip(sibling) !== `/usr/local/bin/${name}` && existsSync(sibling)) links.set(name, strip(sibling));
    }
    return { links, entries: [], binds: [] };
  }
  const links = new Map([['node', `${nodeHome}/bin/node`]]);
  const entries: SkeletonEntry[] = [{ kind: 'file', path: `${nodeHome}/bin/node`, data: '', mode: 0o755 }];
  const binds: RootfsBind[] = [readOnly(node, `${nodeHome}/bin/node`)];
  const tree = dirname(dirname(node));
  for (const piece of ['lib/node_modules/npm', 'lib/node_modules/corepack', 'include/node']) {
    const source = join(tree, piece);
    if (!isRealDirectory(source)) continue;
    entries.push({ kind: 'directory', path: `${nodeHome}/${piece}`, mode: 0o755 });
    binds.push(readOnly(source, `${nodeHome}/${piece}`));
  }
  const scripts = {
    npm: 'npm/bin/npm-cli.js',
    npx: 'npm/bin/npx-cli.js',
    corepack: 'corepack/dist/corepack.js',
  };
  for (const [name, script] of Object.entries(scripts)) {
    if (existsSync(join(tree, 'lib/node_modules', script)))
      links.set(name, `${nodeHome}/lib/node_modules/${script}`);
  }
  return { links, entries, binds };
}

/** What to mount at /usr/local/bin: nothing, or the machine's own entries and our links. */
type LocalBinPlan =
  | { readonly kind: 'as-is' }
  | {
      readonly kind: 'generated';
      readonly entries: readonly SkeletonEntry[];
      readonly binds: readonly RootfsBind[];
    };

/**
 * Contents of a generated /usr/local/bin: our links, and every entry of the machine's directory: links as they are,
 * anything else as a link to where the machine's directory is bound. `as-is` when `node` of the machine's directory
 * already leads to the right place. Paths of `entries` are relative to the generated directory.
 */
export function planLocalBin(hostRoot: string, links: ReadonlyMap<string, string>): LocalBinPlan {
  const localBin = join(hostRoot, 'usr/local/bin');
  const wanted = links.get('node')!;
  try {
    const real = realpathSync(join(localBin, 'node'));
    if ((hostRoot === '/' ? real : real.slice(hostRoot.length)) === wanted) return { kind: 'as-is' };
  } catch {
    // There is no node.
  }
  const entries: SkeletonEntry[] = [];
  const inside = wanted.startsWith('/usr/');
  const taken = new Set<string>();
  for (const [name, text] of links) {
    // A Node of /usr finds its npm by PATH; the machine's own choice in /usr/local/bin comes first.
    if (inside && name !== 'node' && existsSync(join(localBin, name))) continue;
    entries.push({ kind: 'symlink', path: `/${name}`, text });
    taken.add(name);
  }
  for (const name of readdirSync(localBin).sort()) {
    if (taken.has(name)) continue;
    const path = join(localBin, name);
    const text = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : `${localBinHome}/${name}`;
    entries.push({ kind: 'symlink', path: `/${name}`, text });
  }
  return { kind: 'generated', entries, binds: [readOnly(localBin, localBinHome)] };
}

/** Directory of the skeleton over which the one with `node` in it is mounted. */
export const localBinMountPoint: SkeletonEntry = { kind: 'directory', path: localBinHome, mode: 0o755 };

const readOnly = (source: string, target: string): RootfsBind => ({
  source,
  target,
  recursive: false,
  readOnly: true,
});

/** Whether a path is a directory and not a link to one. */
export function isRealDirectory(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}
