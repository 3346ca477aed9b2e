import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { getExtendedAttribute } from '../../../sys/xattr.ts';

/**
 * The merged view of a root made of overlay layers (top first), read without mounting it. A character device 0:0 hides
 * what is below (overlayfs whiteout); an opaque directory hides the layers under it.
 */
export interface LayeredRoot {
  /** The topmost real path of a path inside the root whose parents are followed within the root; undefined: absent. */
  find(path: string, followLast: boolean): Promise<LayeredEntry | undefined>;
  /** Names in a directory, merged. */
  list(entry: LayeredEntry): Promise<string[]>;
}

export interface LayeredEntry {
  /** Path inside the root, links of the parents resolved. */
  readonly path: string;
  /** Host path of the topmost layer that has it. */
  readonly real: string;
  readonly stat: Stats;
  /** Layers that take part, top first: one, but for merged directories. */
  readonly layers: readonly string[];
}

const maxLinks = 40;
/** With and without the mount option `userxattr`. */
const opaqueNames = ['trusted.overlay.opaque', 'user.overlay.opaque'];

/** Reads a root file system without mounting it; `layers` are directories, the top one first. */
export function openLayers(layers: readonly string[]): LayeredRoot {
  /** Looks `path` (normal, absolute, no link among its parents) up in all layers. */
  async function at(path: string, from: readonly string[]): Promise<LayeredEntry | undefined> {
    const taking: string[] = [];
    let top: { readonly real: string; readonly stat: Stats } | undefined;
    for (const layer of from) {
      const real = join(layer, path);
      const stat = await lstat(real).catch(() => undefined);
      if (stat === undefined) continue;
      if (isWhiteout(stat)) break;
      if (top !== undefined && !stat.isDirectory()) break;
      top ??= { real, stat };
      taking.push(layer);
      if (!stat.isDirectory() || isOpaque(real)) break;
    }
    return top === undefined ? undefined : { path, ...top, layers: taking };
  }

  async function walk(path: string, followLast: boolean): Promise<LayeredEntry | undefined> {
    let links = 0;
    const pending = path.split('/').filter((part) => part !== '');
    let here = await at('/', layers);
    while (pending.length > 0) {
      if (here === undefined || !here.stat.isDirectory()) return undefined;
      const part = pending.shift()!;
      if (part === '.') continue;
      if (part === '..') {
        here = await walk(posix.dirname(here.path), true);
        continue;
      }
      const next = await at(posix.join(here.path, part), here.layers);
      if (next === undefined) return undefined;
      if (next.stat.isSymbolicLink() && (pending.length > 0 || followLast)) {
        if (++links > maxLinks) return undefined;
        const text = await readlink(next.real);
        pending.unshift(...text.split('/').filter((one) => one !== ''));
        if (text.startsWith('/')) here = await at('/', layers);
        continue;
      }
      here = next;
    }
    return here;
  }

  return {
    find: (path, followLast) => walk(posix.normalize(`/${path}`), followLast),
    async list(entry) {
      const names = new Map<string, boolean>();
      for (const layer of entry.layers) {
        const entries = await readdir(join(layer, entry.path), { withFileTypes: true });
        for (const one of entries) {
          if (names.has(one.name)) continue;
          const hidden =
            one.isCharacterDevice() && isWhiteout(await lstat(join(layer, entry.path, one.name)));
          names.set(one.name, !hidden);
        }
      }
      return [...names].filter(([, there]) => there).map(([name]) => name);
    },
  };
}

/** Overlayfs marks a directory that was made where another had been deleted (overlayfs.rst, "Whiteouts and opaque directories"). */
export function isOpaque(real: string): boolean {
  const path = Buffer.from(real);
  return opaqueNames.some((name) => {
    try {
      return getExtendedAttribute(path, name)?.toString() === 'y';
    } catch {
      // A file system without extended attributes has no opaque directories.
      return false;
    }
  });
}

function isWhiteout(stat: Stats): boolean {
  return (stat.mode & constants.S_IFMT) === constants.S_IFCHR && stat.rdev === 0;
}
