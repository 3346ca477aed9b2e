import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Trash } from './trash.ts';

/**
 * Directories that a container will need, made while nobody waits. A file system may take its time to find places for new files
 * (ext4 without a journal looks past every inode deleted in the last minutes: 0.3 to 0.7 ms each), a rename costs a
 * fraction. A spare is new: nothing of another container was ever in it.
 */
export interface SpareDirectories {
  /**
   * Moves a spare to `path`, where nothing or an empty directory is. False when there is none or it can't be moved: the caller then makes
   * what it needs, which it must be able to in any case.
   */
  take(path: string): boolean;
  /** No more are made; those there are stay for the next engine. Resolves when nothing is being made. */
  close(): Promise<void>;
}

/** At most this many are kept. */
const most = 64;
/** Milliseconds without a `take` before new ones are made: what clients wait for comes first. */
const quietFor = 300;
/** What a spare of the present shape is called; others are of another version. */
const shape = /^b\d+$/;

/**
 * Keeps as many spares as were ever taken in one go, at most 64, and none before the first is taken.
 * @param directory on the file system of what is taken; made here, mode 0700
 * @param make fills a directory, which is there and empty
 * @param trash takes what an interrupted engine left half made
 */
export function openSpareDirectories(
  directory: string,
  make: (path: string) => Promise<void>,
  trash: Pick<Trash, 'put'>,
): SpareDirectories {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const found = readdirSync(directory);
  const ready = found.filter((name) => shape.test(name)).slice(0, most);
  for (const name of found) if (!ready.includes(name)) void trash.put(join(directory, name)).catch(() => {});
  let number = Math.max(0, ...ready.map((name) => Number(name.slice(1)) + 1));
  let wanted = 0;
  let taken = 0;
  let timer: NodeJS.Timeout | undefined;
  let filling: Promise<void> | undefined;
  let closed = false;

  async function fill(): Promise<void> {
    wanted = Math.min(most, Math.max(wanted, taken));
    taken = 0;
    // A take meanwhile ends the turn: the timer begins another.
    while (!closed && taken === 0 && ready.length < wanted) {
      const name = `b${number++}`;
      if (!(await makeWhole(directory, name, make, trash))) return;
      ready.push(name);
    }
  }

  function later(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      filling ??= fill().finally(() => {
        filling = undefined;
        if (taken > 0 && !closed) later();
      });
    }, quietFor).unref();
  }

  return {
    take(path) {
      taken++;
      later();
      for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
        try {
          renameSync(join(directory, name), path);
          return true;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
          ready.push(name);
          return false;
        }
      }
      return false;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await filling;
    },
  };
}

/** Whether it could be made. A full disk is the likeliest reason why not: without spares all works as well, and the next turn tries again. */
async function makeWhole(
  directory: string,
  name: string,
  make: (path: string) => Promise<void>,
  trash: Pick<Trash, 'put'>,
): Promise<boolean> {
  const unfinished = join(directory, `unfinished-${name}`);
  try {
    mkdirSync(unfinished, { mode: 0o700 });
    await make(unfinished);
    renameSync(unfinished, join(directory, name));
    return true;
  } catch {
    await trash.put(unfinished).catch(() => {});
    return false;
  }
}
