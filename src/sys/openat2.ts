import { check, declare } from './libc.ts';

const openat2 = declare('long syscall(long number, long dirfd, const uint8_t *path, void *how, long size)');
/** The same number on every architecture (asm-generic). */
const syscallNumber = 437;
const resolveNoCrossing = 0x01;
const resolveNoMagicLinks = 0x02;
const resolveNoSymlinks = 0x04;
const resolveBeneath = 0x08;

/** Flags that Node's constants lack (asm-generic/fcntl.h). */
export const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;

/**
 * openat2(2) of one name in the directory `dirFd`: never through a symbolic or magic link, never above the directory.
 * O_PATH|O_NOFOLLOW opens a link itself. Returns a CLOEXEC descriptor, which the caller closes. @throws SystemCallError
 * (ENOENT, ENOTDIR, ELOOP …)
 */
export function openName(dirFd: number, name: Uint8Array, flags: number, mode = 0): number {
  return openRestricted(dirFd, name, flags, mode, 0);
}

/** Like openName, but throws EXDEV when something is mounted there. */
export function openNameOfMount(dirFd: number, name: Uint8Array, flags: number): number {
  return openRestricted(dirFd, name, flags, 0, resolveNoCrossing);
}

/**
 * struct open_how: three 64-bit numbers whose values here fit 32 bits. All calls share one buffer, since they are
 * synchronous.
 */
const how = Buffer.alloc(24);

function fillHow(flags: number, mode: number, resolve: number): Buffer {
  how.writeUInt32LE(flags | O_CLOEXEC, 0);
  how.writeUInt32LE(mode, 8);
  how.writeUInt32LE(resolve, 16);
  return how;
}

function openRestricted(dirFd: number, name: Uint8Array, flags: number, mode: number, more: number): number {
  const how = fillHow(flags, mode, resolveBeneath | resolveNoSymlinks | resolveNoMagicLinks | more);
  return check(openat2(syscallNumber, dirFd, name, how, how.length), 'openat2');
}

/** openat(2) of a name in a directory that only the kernel and the engine write to, such as /proc/<pid>; links are followed. */
export function openIn(dirFd: number, name: string, flags: number): number {
  const how = fillHow(flags, 0, 0);
  return check(openat2(syscallNumber, dirFd, Buffer.from(`${name}\0`), how, how.length), `openat2 ${name}`);
}
