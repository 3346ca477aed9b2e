import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** An entry of the generated root; `path` is absolute in the container. Parents come first, or are made with mode 0755. */
export type SkeletonEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly text: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly data: string | Uint8Array;
      readonly mode: number;
    };

/** The name of a set of entries: the same content gives the same name. */
export function skeletonName(entries: readonly SkeletonEntry[]): string {
  const hash = createHash('sha256');
  for (const entry of entries) {
    hash.update(`${entry.kind}\0${entry.path}\0`);
    if (entry.kind === 'directory') hash.update(`${entry.mode}\0`);
    else if (entry.kind === 'symlink') hash.update(`${entry.text}\0`);
    else hash.update(`${entry.mode} ${entry.data.length}\0`).update(entry.data);
  }
  return hash.digest('hex').slice(0, 24);
}

/**
 * Writes the entries as a directory `<parent>/<name>` unless it exists already; a rename makes it appear complete. A
 * directory in use as an overlay's lower layer must not be altered, so different content gets a different name.
 * @returns its path
 */
export function writeSkeleton(parent: string, entries: readonly SkeletonEntry[]): string {
  const target = join(parent, skeletonName(entries));
  if (existsSync(target)) return target;
  const temporary = join(parent, `tmp-${randomBytes(6).toString('hex')}`);
  try {
    makeDirectory(temporary, 0o755);
    for (const entry of entries) {
      const path = join(temporary, entry.path);
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      if (entry.kind === 'directory') makeDirectory(path, entry.mode);
      else if (entry.kind === 'symlink') symlinkSync(entry.text, path);
      else {
        writeFileSync(path, entry.data, { flag: 'wx' });
        chmodSync(path, entry.mode);
      }
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

function makeDirectory(path: string, mode: number): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
}
