import { lstatSync, openSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { bytesOfPath, isWithin } from '../../../confined/names.ts';
import { makeDirectoryAt } from '../../../sys/at-calls.ts';
import { O_PATH } from '../../../sys/openat2.ts';
import type { Engine } from '../../context.ts';
import { volumeKind } from '../../volume-options.ts';
import type { VolumeRecord } from '../../volumes.ts';

/** Whoever can write to one of these controls the machine anyway, and links in them (/var/run) are the machine's own. */
const system = new Set(['/', '/boot', '/dev', '/etc', '/lib', '/root', '/run', '/usr', '/var', '/var/lib']);

/** Identities of the directories that some container can write to: what is in them may become a link at any moment. */
export function writableDirectories(engine: Pick<Engine, 'volumes' | 'containers'>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { record } of engine.containers.all()) {
    for (const mount of record.mounts) {
      if (mount.readOnly || mount.type === 'tmpfs') continue;
      const volume = mount.type === 'volume' ? engine.volumes.get(mount.volume!) : undefined;
      const path = mount.type === 'bind' ? mount.source : volume && engine.volumes.dataPath(volume);
      const stat = path === undefined ? undefined : lookAt(() => statSync(path));
      if (stat !== undefined) found.add(identity(stat));
    }
  }
  return found;
}

/** path_resolution(7): the kernel's limit of links in one look-up. */
const mostLinks = 40;

/** A path of the machine; with `below`, what is under that directory may be replaced at any moment. */
export interface Source {
  readonly source: string;
  readonly below?: string;
}

/**
 * Follows the machine's own links in a path, down to the first directory that is one of `writable`, which becomes
 * `below`. `source` is then a path under it. Absolute paths.
 */
export function confineSource(path: string, writable: ReadonlySet<string>): Source {
  const pending = partsOf(path);
  let here = '/';
  for (let links = 0; writable.size > 0 && pending.length > 0; ) {
    if (isWritable(here, writable)) return { source: join(here, ...pending.reverse()), below: here };
    const part = pending.pop()!;
    const next = join(here, part);
    // Links in procfs are not paths.
    const target = part === '..' || isWithin(here, '/proc') ? undefined : linkAt(next);
    if (target === undefined) here = next;
    else if (++links > mostLinks) break;
    else {
      if (target.startsWith('/')) here = '/';
      pending.push(...partsOf(target));
    }
  }
  return { source: path };
}

/**
 * The same for a volume's data: nobody moves what is in the engine's own directory, and a device of `o=bind` is a path
 * of the machine.
 */
export function confineVolume(volume: VolumeRecord, data: string, writable: ReadonlySet<string>): Source {
  return volumeKind(volume.options).kind === 'bind' ? confineSource(data, writable) : { source: data };
}

/**
 * An O_PATH descriptor of a source, which the caller closes; undefined if nothing is there. Under `below` links can't
 * lead out.
 */
export function openConfined({ source, below }: Source): number | undefined {
  if (below === undefined) return openIfThere(source);
  const root = openIfThere(below);
  return root === undefined ? undefined : openInside(root, relative(below, source));
}

/**
 * An O_PATH descriptor of `path` in the directory `root`; the caller closes it, and `root` is closed here. Undefined if
 * nothing is there.
 */
export function openInside(root: number, path: string): number | undefined {
  const tree = new ConfinedDirectory(root);
  try {
    const entry = tree.find(bytesOfPath(path), true);
    const fd = entry === undefined ? undefined : openSync(`/proc/self/fd/${entry.fd}`, O_PATH);
    entry?.close();
    return fd;
  } finally {
    tree.close();
  }
}

/** An O_PATH descriptor, which the caller closes; links are followed. Undefined if nothing is there. */
export function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, O_PATH);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Parts of a path, the first one last. */
const partsOf = (path: string): string[] =>
  path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse();

function isWritable(directory: string, writable: ReadonlySet<string>): boolean {
  if (system.has(directory)) return false;
  const stat = lookAt(() => statSync(directory));
  return stat !== undefined && writable.has(identity(stat));
}

/** The text of the link at `path`; undefined when there is none. */
function linkAt(path: string): string | undefined {
  return lookAt(() => lstatSync(path))?.isSymbolicLink() ? lookAt(() => readlinkSync(path)) : undefined;
}

/**
 * undefined for what can't be examined (missing, below a file, a loop of links): one container's path must not make
 * another's start fail.
 */
function lookAt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** Makes the directory `path` and its missing parents (0755) below `root`; no link leads out of it. */
export function makeBelow(root: string, path: string): void {
  const tree = ConfinedDirectory.at(root);
  try {
    const { directory, name } = tree.place(relative(root, path));
    makeDirectoryAt(directory, name, 0o755);
  } finally {
    tree.close();
  }
}

function identity({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
