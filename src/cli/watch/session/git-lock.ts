import { lstatSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Milliseconds after which a lock counts as left by a git that was killed. */
const stale = 60_000;

/** The files that exist while git changes the working trees that contain these paths. */
export function gitLocks(paths: Iterable<string>): readonly string[] {
  const found = new Set<string>();
  for (const path of paths) {
    for (let at = path; ; at = dirname(at)) {
      const directory = gitDirectory(join(at, '.git'));
      if (directory !== undefined) {
        found.add(join(directory, 'index.lock'));
        break;
      }
      if (at === dirname(at)) break;
    }
  }
  return [...found];
}

/** In a linked worktree or a submodule `.git` is a file that names the directory. */
function gitDirectory(at: string): string | undefined {
  try {
    if (lstatSync(at).isDirectory()) return at;
    const named = /^gitdir: (.+)$/m.exec(readFileSync(at, 'utf8'))?.[1];
    return named === undefined ? undefined : resolve(dirname(at), named);
  } catch {
    return undefined;
  }
}

/** Whether git is working. `now`: milliseconds since the epoch. */
export const gitIsBusy = (locks: readonly string[], now: number): boolean =>
  locks.some((lock) => {
    try {
      return lstatSync(lock).mtimeMs > now - stale;
    } catch {
      return false;
    }
  });
