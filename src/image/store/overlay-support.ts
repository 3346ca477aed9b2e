import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { RootfsStorage } from '../types.ts';
import { whyNoUserOverlay } from './probe-overlay.ts';
import { parseUidMap, type UserNamespace } from './user-namespace.ts';

/** File systems (statfs(2) f_type) on which the kernel refuses an overlay's upper directory. */
const unfit: ReadonlyMap<number, string> = new Map([
  [0x794c7630, 'overlayfs'],
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9p'],
  [0x00c36400, 'CephFS'],
  [0x4d44, 'FAT'],
  [0x2011bab0, 'exFAT'],
  [0xf15f, 'eCryptfs'],
]);

/**
 * What an ordinary user's engine has for overlays. An absent `refusal` means that nothing prevents them, an absent
 * `fuse` that there is no such program.
 */
export interface UserOverlay {
  /** Why the kernel's own overlays are not used in this user namespace. */
  readonly refusal?: string | undefined;
  /** What to do about it; absent: install the program that does without the kernel's. */
  readonly remedy?: string | undefined;
  /** Path of fuse-overlayfs, if it and its device can be used. */
  readonly fuse?: string | undefined;
}

const installRemedy =
  'Install fuse-overlayfs, and see that you may open /dev/fuse (`tcompose doctor storage` has the commands); then `tcompose engine stop`.';

/** How containers' roots are made on a file system of this type. Pure. */
export function storageFor(
  fileSystemType: number,
  userNamespace: boolean,
  { refusal, remedy, fuse }: UserOverlay = {},
): RootfsStorage {
  const name = unfit.get(fileSystemType);
  if (name === undefined && refusal !== undefined && fuse !== undefined)
    return { kind: 'overlay', userxattr: true, fuse };
  if (name === undefined && refusal !== undefined)
    return {
      kind: 'copy',
      reason: `${refusal}, so every container gets a copy of its image`,
      remedy: remedy ?? installRemedy,
    };
  if (name === undefined) return { kind: 'overlay', userxattr: userNamespace };
  return {
    kind: 'copy',
    reason: `${name} cannot hold an overlay's upper directory, so every container gets a copy of its image`,
    remedy: 'Set TCOMPOSE_ROOT to a directory on ext4, xfs or btrfs.',
  };
}

/** Values of $TCOMPOSE_STORAGE: what to use even where something better is available. */
const forced = new Map<string, Pick<UserOverlay, 'refusal' | 'remedy'>>([
  ['fuse', { refusal: 'TCOMPOSE_STORAGE is fuse, and fuse-overlayfs or /dev/fuse cannot be used' }],
  [
    'copy',
    {
      refusal: 'TCOMPOSE_STORAGE is copy',
      remedy: 'Stop the engine (`tcompose engine stop`), and start it without that variable.',
    },
  ],
]);

/** The warning about a value of $TCOMPOSE_STORAGE that means nothing; undefined for any other value. Pure. */
export function storageWarning({ TCOMPOSE_STORAGE: value }: NodeJS.ProcessEnv): string | undefined {
  if (value === undefined || value === '' || forced.has(value)) return undefined;
  return `TCOMPOSE_STORAGE is ${JSON.stringify(value)}, which is left out: it may be ${[...forced.keys()].join(' or ')}`;
}

/**
 * The storage for a directory of this machine, for a user's engine too.
 * @param env of the engine: where programs are, and what not to try
 */
export function detectStorage(
  root: string,
  env: Readonly<Record<string, string | undefined>> = {},
): RootfsStorage {
  const { type } = statfsSync(root);
  if (currentUserNamespace().initial) return storageFor(type, false);
  const { refusal, remedy } = forced.get(env.TCOMPOSE_STORAGE ?? '') ?? { refusal: kernelRefusal(root) };
  const wanted = refusal !== undefined && env.TCOMPOSE_STORAGE !== 'copy';
  return storageFor(type, true, { refusal, remedy, fuse: wanted ? fuseOverlayfs(env.PATH) : undefined });
}

function kernelRefusal(root: string): string | undefined {
  const why = whyNoUserOverlay(root);
  return why === undefined ? undefined : `the kernel refuses an overlay in a user namespace (${why})`;
}

/** Path of fuse-overlayfs, if it is in one of the directories of `path` and its device can be opened. */
export function fuseOverlayfs(path = ''): string | undefined {
  if (!may('/dev/fuse', constants.R_OK | constants.W_OK)) return undefined;
  return path
    .split(':')
    .filter(isAbsolute)
    .map((directory) => join(directory, 'fuse-overlayfs'))
    .find((file) => may(file, constants.X_OK));
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** This process's user namespace. */
export function currentUserNamespace(): UserNamespace {
  try {
    return parseUidMap(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    // A kernel without user namespaces has only this one.
    return { initial: true, ids: 2 ** 32 - 1 };
  }
}
