import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Trash } from './trash.ts';

/**
 * Directories that a container will need, made while nobody waits. Finding places for new files can take a file system
 * long (ext4 without a journal scans past every inode deleted in the last minutes: 0.3 to 0.7 ms each); a rename costs
 * a fraction. A spare is always new: no other container has used it.
 */
export interface SpareDirectories {
  /**
   * Moves a spare to `path`, where there is nothing or an empty directory. False if there is none or it can't be moved:
   * the caller then makes its directory itself, as it must always be able to.
   */
  take(path: string): boolean;
  /** No more are made; existing ones stay for the next engine. Resolves when none is being made. */
  close(): Promise<void>;
}

/** Most spares to keep. */
const most = 64;
/** Milliseconds without a `take` before new ones are made: work that clients wait for comes first. */
const quietFor = 300;
/** The names of spares in the present form; others are from another version. */
const shape = /^b\d+$/;

/**
 * Keeps as many spares as were ever taken in one go, at most 64, and none before the first is taken.
 * @param directory on the file system where spares are used; made here, mode 0700
 * @param make fills a directory, which exists and is empty
 * @param trash takes unfinished spares of an interrupted engine
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
    // A take meanwhile ends this round: its timer begins another.
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

/**
 * Whether it could be made. The likeliest reason for a failure is a full disk: everything works without spares, and the
 * next round tries again.
 */
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
