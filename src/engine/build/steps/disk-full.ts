import { statfsSync } from 'node:fs';
import { TcomposeError } from '../../../errors.ts';
import { errnoOf } from '../../../image/unpack/layer-system.ts';

const hint =
  'Free some space (`tcompose builder prune`, `tcompose image prune`), or use a larger file system.';

/** Turns an error of a full file system into a sentence; others stay as they are. @param holds what is on that file system */
export function inWords(error: unknown, holds: string): unknown {
  if (error instanceof TcomposeError && error.code !== 'SYS_CALL_FAILED') return error;
  const errno = error instanceof Error ? errnoOf(error) : '';
  if (errno !== 'ENOSPC' && errno !== 'EDQUOT') return error;
  const what = errno === 'ENOSPC' ? 'no space is left on the disk' : 'the disk quota is used up';
  return new TcomposeError('ENGINE_DISK_FULL', `${what} that holds ${holds}`, { hint, cause: error });
}

/** Free bytes below which a disk counts as full: its last ones are in blocks that no file gets. */
const almostNone = 1024 * 1024;

/** The hint for a command that ran out of space, depending on whether the engine's own disk has some. */
export function noSpaceHint(data: string): string {
  const { bavail, bsize } = statfsSync(data);
  if (bavail * bsize < almostNone) return `The disk that holds ${data} is full. ${hint}`;
  return 'No space was left where it wrote, which is not the disk of builds: a tmpfs mount of the step, or /dev/shm (build.shm_size), is too small.';
}
