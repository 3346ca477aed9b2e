import { closeSync, openSync } from 'node:fs';
import { TcomposeError } from '../errors.ts';
import { declareAsync } from './libc.ts';

const syncfs = declareAsync('int syncfs(int fd)');

/** Writes all data of the file system that contains `path` to its disk (syncfs(2)), off the main thread. */
export async function syncFileSystem(path: string): Promise<void> {
  const fd = openSync(path, 'r');
  try {
    if ((await syncfs(fd)) < 0) {
      throw new TcomposeError('SYS_CALL_FAILED', `syncfs of the file system of ${path} failed`, {
        hint: 'Look for disk errors in dmesg.',
      });
    }
  } finally {
    closeSync(fd);
  }
}
