import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it that are missing; one that is there stays as it is. Throws the kernel's own error of the
 * first that can't be made (EROFS, EACCES, ENOTDIR, ENOSPC…). Node's recursive mkdir hides that error behind ENOENT, and never ends
 * where a parent is there and the kernel still says ENOENT, as in procfs.
 * @param path absolute
 * @param mode of each that is made
 */
export function makeDirectory(path: string, mode: number): void {
  const missing: string[] = [];
  for (let next = path; ; next = dirname(next)) {
    const outcome = tryToMake(next, mode);
    if (outcome === undefined) break;
    // The root's parent is itself: what is missing there is not a directory's entry.
    if (outcome.code !== 'ENOENT' || dirname(next) === next || isThere(dirname(next))) throw outcome;
    missing.push(next);
  }
  for (const one of missing.reverse()) {
    const outcome = tryToMake(one, mode);
    if (outcome !== undefined) throw outcome;
  }
}

/** undefined: it is there now. */
function tryToMake(path: string, mode: number): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(path, { mode });
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST' && isDirectory(path)
      ? undefined
      : (error as NodeJS.ErrnoException);
  }
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
