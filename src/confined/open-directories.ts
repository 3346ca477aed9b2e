import { closeSync, constants, openSync } from 'node:fs';
import { O_PATH } from '../sys/openat2.ts';

/** Lends descriptors of directories, whose paths only the engine can change, for one call. @throws ENOENT, ENOTDIR */
export function withOpenDirectories<T>(paths: readonly string[], use: (fds: readonly number[]) => T): T {
  const fds: number[] = [];
  try {
    for (const path of paths) fds.push(openSync(path, O_PATH | constants.O_DIRECTORY));
    return use(fds);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}
