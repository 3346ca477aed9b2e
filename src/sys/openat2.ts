import { check, declare } from './libc.ts';

const openat2 = declare('long syscall(long number, long dirfd, const uint8_t *path, void *how, long size)');
/** The same number on every architecture (asm-generic). */
const syscallNumber = 437;
const resolveInRoot = 0x10;
const resolveNoMagicLinks = 0x02;

/** Flags that Node's constants lack (asm-generic/fcntl.h). */
export const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;

/**
 * openat2(2) with RESOLVE_IN_ROOT: `path` and every symbolic link on the way are resolved as if the directory `rootFd`
 * were the file system's root, by the kernel and therefore without a race. Returns a CLOEXEC descriptor, which the
 * caller closes. @throws SystemCallError (ENOENT, ENOTDIR, ELOOP …)
 */
export function openInRoot(rootFd: number, path: string, flags: number, mode = 0): number {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(resolveInRoot | resolveNoMagicLinks), 16);
  const name = Buffer.from(`${path === '' ? '.' : path}\0`);
  return check(openat2(syscallNumber, rootFd, name, how, how.length), `openat2 ${path}`);
}
