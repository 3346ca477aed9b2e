import { existsSync, type FSWatcher, statSync, watch } from 'node:fs';
import type { Layout } from '../store/layout.ts';

/** Milliseconds between checks of what is left, once something is missing. */
const lookEvery = 500;

/**
 * What was deleted under a running engine, even if another engine has made a new one there since: the state; the run
 * directory with the sockets of the shims; only the engine's own socket.
 */
export type Loss = 'state' | 'run' | 'socket';

/**
 * Calls `lost` once when directories of the engine or its socket are deleted while it runs. Returns the function that
 * ends the watch.
 */
export function watchRoot(
  layout: Layout,
  lost: (what: Loss) => void,
  warn: (message: string) => void,
): () => void {
  const inodes = { state: inodeOf(layout.stateLock), run: inodeOf(layout.lock) };
  const watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  let before: Loss | undefined;
  const release = (): void => {
    clearInterval(timer);
    timer = undefined;
    for (const watcher of watchers) watcher.close();
  };
  const find = (): Loss | undefined => {
    if (inodeOf(layout.stateLock) !== inodes.state) return 'state';
    if (inodeOf(layout.lock) !== inodes.run) return 'run';
    return existsSync(layout.socket) ? undefined : 'socket';
  };
  // Deleting takes time: a missing socket may be the first of many files.
  const look = (): void => {
    const loss = find();
    if (loss === undefined) {
      clearInterval(timer);
      timer = undefined;
    } else if (loss !== 'socket' || before === loss) {
      release();
      lost(loss);
    }
    before = loss;
  };
  const failed = (error: Error): void => warn(`the engine's directories are not watched: ${error.message}`);
  for (const directory of [layout.run, layout.lib]) {
    try {
      const watcher = watch(directory, { persistent: false }, (event) => {
        if (event === 'rename' && timer === undefined && find() !== undefined)
          timer = setInterval(look, lookEvery).unref();
      });
      watcher.on('error', failed);
      watchers.push(watcher);
    } catch (error) {
      // This user has no inotify instances left.
      failed(error as Error);
    }
  }
  return release;
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
