import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and its missing parents; existing ones stay as they are. Throws the kernel's own error for the
 * first that can't be made (EROFS, EACCES, ENOTDIR, ENOSPC…). Node's recursive mkdir hides that error behind ENOENT,
 * and never ends if a parent exists and the kernel still reports ENOENT, as in procfs.
 * @param path absolute
 * @param mode of each directory that is made
 */
export function makeDirectory(path: string, mode: number): void {
  const missing: string[] = [];
  for (let next = path; ; next = dirname(next)) {
    const outcome = tryToMake(next, mode);
    if (outcome === undefined) break;
    // The root's parent is itself: ENOENT there does not mean a missing parent.
    if (outcome.code !== 'ENOENT' || dirname(next) === next || isThere(dirname(next))) throw outcome;
    missing.push(next);
  }
  for (const one of missing.reverse()) {
    const outcome = tryToMake(one, mode);
    if (outcome !== undefined) throw outcome;
  }
}

/** undefined: it exists now. */
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
