import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/**
 * Yields the text that is added to a file after `offset` until `signal` aborts. A file that is replaced or truncated is
 * read from its beginning.
 */
export async function* followFile(path: string, offset: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  let wake: () => void = () => {};
  let changed = false;
  const onChange = () => {
    changed = true;
    wake();
  };
  // The directory is watched, so that a new file with this name is noticed as well.
  const watcher: FSWatcher = watch(dirname(path), (_event, name) => {
    if (name === null || name === basename(path)) onChange();
  });
  signal.addEventListener('abort', onChange);
  let file: FileHandle | undefined;
  let inode = -1;
  let at = offset;
  try {
    while (!signal.aborted) {
      changed = false;
      const next = await open(path, 'r').catch(() => undefined);
      if (next !== undefined) {
        const stat = await next.stat();
        if (inode >= 0 && (stat.ino !== inode || stat.size < at)) at = 0;
        inode = stat.ino;
        await file?.close();
        file = next;
        for (;;) {
          const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(65536), 0, 65536, at);
          if (bytesRead === 0) break;
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      }
      if (!changed && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    watcher.close();
    signal.removeEventListener('abort', onChange);
    await file?.close();
  }
}
