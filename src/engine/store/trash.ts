import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { bytesOfPath } from '../../confined/names.ts';

/**
 * Removes directories by one rename, and deletes them when nobody waits for it. After a crash, the next engine's
 * `sweep` finds the rest.
 */
export interface Trash {
  /** Afterwards nothing is at `path` any more. A missing directory is not an error. */
  put(path: string): Promise<void>;
  /** Deletes what an earlier engine left. */
  sweep(): void;
  /** Resolves when everything that was put so far is deleted, without the usual delay. */
  empty(): Promise<void>;
}

/** Milliseconds without another `put` before deleting begins: work that clients wait for comes first. */
const quietFor = 50;
/** Deleting begins at most this many milliseconds later. */
const patience = 1000;

/**
 * `directory` must be on the file system of what is put there. `warn` is called for what could not be deleted. `remove`
 * works like rm -r.
 */
export function openTrash(
  directory: string,
  warn: (message: string) => void,
  remove: (path: string) => Promise<void> = removeAt,
): Trash {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const waiting: string[] = [];
  let number = 0;
  let lastPut = 0;
  let hurry: AbortController | undefined;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    const began = performance.now();
    for (;;) {
      const now = performance.now();
      const pause = Math.min(lastPut + quietFor, began + patience) - now;
      if (pause <= 0 || hurry?.signal.aborted) break;
      await sleep(pause, undefined, { ref: false, signal: hurry!.signal }).catch(() => {});
    }
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      try {
        await remove(path);
      } catch (error) {
        warn(`${path} could not be deleted: ${(error as Error).message}`);
      }
    }
  }

  function add(path: string): void {
    waiting.push(path);
    lastPut = performance.now();
    if (working !== undefined) return;
    hurry = new AbortController();
    working = work().finally(() => {
      working = undefined;
      hurry = undefined;
    });
  }

  return {
    async put(path) {
      for (;;) {
        const name = join(directory, `${basename(path)}.${process.pid}.${number++}`);
        try {
          renameSync(path, name);
          add(name);
          return;
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          if (code === 'ENOENT') return;
          // Left by an engine with the same pid; `sweep` deletes it.
          if (code === 'ENOTEMPTY' || code === 'EEXIST') continue;
          // It is a mount, or the disk is full: use the slow way.
          await remove(path);
          return;
        }
      }
    },
    sweep() {
      for (const name of readdirSync(directory)) add(join(directory, name));
    },
    async empty() {
      hurry?.abort();
      await working;
    },
  };
}

/**
 * The directory belonged to a container, which may still have a process that writes there, so everything is done by
 * descriptor. What another engine's `sweep` deletes meanwhile counts as deleted; the rest is gone when this resolves.
 */
async function removeAt(path: string): Promise<void> {
  const parent = ConfinedDirectory.at(dirname(path));
  try {
    await parent.remove(bytesOfPath(basename(path)));
  } finally {
    parent.close();
  }
}
