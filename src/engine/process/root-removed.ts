import { existsSync, type FSWatcher, statSync, watch } from 'node:fs';
import type { Layout } from '../store/layout.ts';

/** How often it is looked whether the state is gone, too, once the socket is, milliseconds. */
const lookEvery = 500;

/**
 * Calls `removed` once when somebody deletes the engine's state directory under it, also when another engine has made a new
 * one there since. Deleting begins or ends with the run directory, so that alone is watched. Returns the release.
 */
export function watchRoot(layout: Layout, removed: () => void, warn: (message: string) => void): () => void {
  const inode = inodeOf(layout.stateLock);
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  const release = (): void => {
    clearInterval(timer);
    timer = undefined;
    watcher?.close();
  };
  const look = (): void => {
    if (inodeOf(layout.stateLock) !== inode) {
      release();
      removed();
    } else if (existsSync(layout.socket)) {
      clearInterval(timer);
      timer = undefined;
    }
  };
  const failed = (error: Error): void => warn(`the engine's directories are not watched: ${error.message}`);
  try {
    watcher = watch(layout.run, { persistent: false }, (event) => {
      if (event === 'rename' && timer === undefined && !existsSync(layout.socket))
        timer = setInterval(look, lookEvery).unref();
    });
    watcher.on('error', failed);
  } catch (error) {
    // No inotify instance is left to this user.
    failed(error as Error);
  }
  return release;
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
