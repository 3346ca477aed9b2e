import { spawnSync } from 'node:child_process';
import { TcomposeError } from '../../errors.ts';
import { check, declare } from '../libc.ts';

const umount2 = declare('int umount2(const uint8_t *target, int flags)');
const detach = 2;
/** Longest a program may take until its mount stands, milliseconds. */
const patience = 20_000;

/** Directories, by descriptors of this process: names with a comma or a colon would have to be escaped for two parsers. */
export interface FuseLayers {
  /** Top first. */
  readonly lower: readonly number[];
  /** Absent: the mount is read-only. */
  readonly upper?: { readonly directory: number; readonly work: number };
  /** Other owners than the files have: texts `stored:shown:count`, several joined by colons. */
  readonly owners?: { readonly uid: string; readonly gid: string } | undefined;
}

/**
 * Has `program` (fuse-overlayfs) mount an overlay at `place`, in this process's mount namespace, and returns when it stands. The process that
 * serves it ends by itself once nobody has the mount any more, whichever namespace that is in.
 * @throws TcomposeError SYS_CALL_FAILED with what the program said
 */
export function mountFuseOverlay(program: string, { lower, upper, owners }: FuseLayers, place: string): void {
  const pathOf = (fd: number): string => `/proc/${process.pid}/fd/${fd}`;
  const options = [
    `lowerdir=${lower.map(pathOf).join(':')}`,
    ...(upper === undefined
      ? ['ro']
      : [`upperdir=${pathOf(upper.directory)}`, `workdir=${pathOf(upper.work)}`]),
    ...(owners === undefined ? [] : [`uidmapping=${owners.uid}`, `gidmapping=${owners.gid}`]),
  ];
  const { status, stderr, error } = spawnSync(program, ['-o', options.join(','), place], {
    cwd: '/',
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: patience,
  });
  if (status === 0) return;
  const why = error?.message ?? (stderr.trim() || `it ended with ${status}`);
  throw new TcomposeError('SYS_CALL_FAILED', `${program}: ${why}`, { cause: error });
}

/** Takes a mount out of this process's mount namespace; those that have it open or in another namespace keep it. @throws SystemCallError */
export function detachMount(place: string): void {
  check(umount2(Buffer.from(`${place}\0`), detach), `umount ${place}`);
}
