import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { archiveError } from '../../tar/archive-error.ts';
import { errnoOf } from './layer-system.ts';

/** Turns errors of the file system into sentences; others stay as they are. `bytes`: how far into the blob the job got. */
export function explain(error: unknown, path: string, bytes: number): unknown {
  if (error instanceof TcomposeError && error.code !== 'SYS_CALL_FAILED') return error;
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    const what = errno === 'ENOSPC' ? 'no space is left on the disk' : 'the disk quota is used up';
    return new TcomposeError(
      'IMAGE_NO_SPACE',
      `the image could not be stored: ${what} (${path}, after ${bytes} bytes${free(path)}); nothing was kept`,
      {
        hint: 'Free some space (`tcompose image prune`), or put TCOMPOSE_ROOT on a larger file system.',
        cause: error,
      },
    );
  }
  if (errno === 'ENAMETOOLONG') return archiveError('a file name in it is too long', error);
  if (errno === 'EINVAL' && /chown/.test(String(error)))
    return archiveError('it has files of users this user namespace has no ids for', error);
  if (errno === '' || errno.startsWith('ERR_')) return error;
  return new TcomposeError('IMAGE_STORE', `the image could not be stored: ${(error as Error).message}`, {
    hint: `Look at the file system of ${path}.`,
    cause: error,
  });
}

function free(path: string): string {
  for (const at of [path, dirname(path), dirname(dirname(path))]) {
    try {
      const { bavail, bsize, ffree } = statfsSync(at);
      return `; ${bavail * bsize} bytes and ${ffree} inodes are free`;
    } catch {
      // The directory no longer exists: try the one above it.
    }
  }
  return '';
}
