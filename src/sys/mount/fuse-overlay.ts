import { spawnSync } from 'node:child_process';
import { TcomposeError } from '../../errors.ts';
import { check, declare } from '../libc.ts';

const umount2 = declare('int umount2(const uint8_t *target, int flags)');
const detach = 2;
/** Milliseconds that the program may take until its mount is there. */
const patience = 20_000;

/** Directories, as descriptors of this process: names with a comma or a colon would have to be escaped for two parsers. */
export interface FuseLayers {
  /** Top first. */
  readonly lower: readonly number[];
  /** Absent: the mount is read-only. */
  readonly upper?: { readonly directory: number; readonly work: number };
  /** Other owners than the files have: texts `stored:shown:count`, joined by colons. */
  readonly owners?: { readonly uid: string; readonly gid: string } | undefined;
}

/**
 * Has `program` (fuse-overlayfs) mount an overlay at `place`, in this process's mount namespace, and returns when the
 * mount is there. The process that serves it ends by itself once no mount namespace has the mount any more.
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

/**
 * Removes a mount from this process's mount namespace. Processes that have it open, and other namespaces, keep it.
 * @throws SystemCallError
 */
export function detachMount(place: string): void {
  check(umount2(Buffer.from(`${place}\0`), detach), `umount ${place}`);
}
