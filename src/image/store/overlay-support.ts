import { readFileSync, statfsSync } from 'node:fs';
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
 * How containers' roots are made on a file system of this type. Pure.
 * @param refusal why there are no overlays in this user namespace; undefined: there are
 */
export function storageFor(fileSystemType: number, userNamespace: boolean, refusal?: string): RootfsStorage {
  const name = unfit.get(fileSystemType);
  if (name === undefined && refusal !== undefined)
    return {
      kind: 'copy',
      reason: `the kernel refuses an overlay in a user namespace (${refusal}), so every container gets a copy of its image`,
    };
  if (name === undefined) return { kind: 'overlay', userxattr: userNamespace };
  return {
    kind: 'copy',
    reason: `${name} can not hold an overlay's upper directory, so every container gets a copy of its image`,
  };
}

/** The same for a directory of this machine. */
export function detectStorage(root: string): RootfsStorage {
  const userNamespace = !currentUserNamespace().initial;
  return storageFor(statfsSync(root).type, userNamespace, userNamespace ? whyNoUserOverlay(root) : undefined);
}

/** This process's user namespace. */
export function currentUserNamespace(): UserNamespace {
  try {
    return parseUidMap(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    // A kernel without user namespaces has only the one.
    return { initial: true, ids: 2 ** 32 - 1 };
  }
}
