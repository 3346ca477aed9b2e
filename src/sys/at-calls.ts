import { check, declare, declareAsync, SystemCallError } from './libc.ts';

/**
 * File system calls on a name in a directory that is given by its descriptor, and on the file that an O_PATH descriptor
 * refers to. A name is one path component, as bytes that end with NUL. None of the calls follows a symbolic link. All
 * throw SystemCallError.
 */

const mkdirat = declare('int mkdirat(int dirfd, const uint8_t *name, uint32_t mode)');
const unlinkat = declare('int unlinkat(int dirfd, const uint8_t *name, int flags)');
const unlinkatAsync = declareAsync('int unlinkat(int dirfd, const uint8_t *name, int flags)');
const symlinkat = declare('int symlinkat(const uint8_t *text, int dirfd, const uint8_t *name)');
const linkat = declare(
  'int linkat(int fromfd, const uint8_t *from, int dirfd, const uint8_t *name, int flags)',
);
const renameat = declare('int renameat(int fromfd, const uint8_t *from, int dirfd, const uint8_t *name)');
const readlinkat = declare('long readlinkat(int dirfd, const uint8_t *name, uint8_t *text, size_t size)');
const fchownat = declare(
  'int fchownat(int dirfd, const uint8_t *name, uint32_t uid, uint32_t gid, int flags)',
);
const futimens = declare('int futimens(int fd, const void *times)');
const utimensat = declare('int utimensat(int dirfd, const uint8_t *path, const void *times, int flags)');
// Not every glibc exports mknodat(3) (before 2.33 it was inlined), so the system call is made directly.
const mknodat = declare('long syscall(long number, long dirfd, const uint8_t *name, long mode, long device)');

const mknodNumber = process.arch === 'arm64' ? 33 : 259;
const currentDirectory = -100;
const removeDirectoryFlag = 0x200;
const emptyPathFlag = 0x1000;
const nothing = Buffer.alloc(1);
const longestLink = 4096;

export function makeDirectoryAt(dirFd: number, name: Uint8Array, mode: number): void {
  check(mkdirat(dirFd, name, mode), 'mkdir');
}

export function unlinkAt(dirFd: number, name: Uint8Array): void {
  check(unlinkat(dirFd, name, 0), 'unlink');
}

/** unlinkAt on another thread, for a file whose pages take long to free. Resolves with whether it succeeded. */
export async function unlinkAtElsewhere(dirFd: number, name: Uint8Array): Promise<boolean> {
  return (await unlinkatAsync(dirFd, name, 0)) === 0;
}

export function removeDirectoryAt(dirFd: number, name: Uint8Array): void {
  check(unlinkat(dirFd, name, removeDirectoryFlag), 'rmdir');
}

/** `text` ends with NUL, too. */
export function symlinkAt(text: Uint8Array, dirFd: number, name: Uint8Array): void {
  check(symlinkat(text, dirFd, name), 'symlink');
}

export function linkAt(fromFd: number, from: Uint8Array, dirFd: number, name: Uint8Array): void {
  check(linkat(fromFd, from, dirFd, name, 0), 'link');
}

export function renameAt(fromFd: number, from: Uint8Array, dirFd: number, name: Uint8Array): void {
  check(renameat(fromFd, from, dirFd, name), 'rename');
}

/** Makes a device node, FIFO or socket. `mode` includes the S_IF type; the umask applies. */
export function makeNodeAt(
  dirFd: number,
  name: Uint8Array,
  mode: number,
  major: number,
  minor: number,
): void {
  const device = (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
  check(mknodat(mknodNumber, dirFd, name, mode, device >>> 0), 'mknod');
}

/** The text of the symbolic link that `fd` (O_PATH|O_NOFOLLOW) refers to. */
export function readLinkOf(fd: number): Buffer {
  const text = Buffer.alloc(longestLink);
  return text.subarray(0, check(readlinkat(fd, nothing, text, text.length), 'readlink'));
}

/** chown(2) of the file that `fd` refers to, also when that is a symbolic link. */
export function changeOwnerOf(fd: number, uid: number, gid: number): void {
  check(fchownat(fd, nothing, uid, gid, emptyPathFlag), 'chown');
}

/** The two times of utimensat(2). All calls share one buffer, since they are synchronous. */
const times = Buffer.alloc(32);

function timesOf(seconds: number, exact: number | undefined): Buffer {
  const whole = Math.floor(seconds);
  const nanoseconds = exact ?? Math.min(999_999_999, Math.round((seconds - whole) * 1e9));
  for (const at of [0, 16]) {
    // Two halves of a 64-bit number.
    times.writeUInt32LE(((whole % 2 ** 32) + 2 ** 32) % 2 ** 32, at);
    times.writeInt32LE(Math.floor(whole / 2 ** 32), at + 4);
    times.writeUInt32LE(nanoseconds, at + 8);
  }
  return times;
}

/**
 * Sets access and modification time of the file that `fd` refers to, also when that is a symbolic link. `nanoseconds`,
 * if given, replaces the fraction of `seconds`: a number doesn't have enough digits for it.
 */
export function changeTimesOf(fd: number, seconds: number, nanoseconds?: number): void {
  const path = Buffer.from(`/proc/self/fd/${fd}\0`);
  check(utimensat(currentDirectory, path, timesOf(seconds, nanoseconds), 0), 'utimensat');
}

/** Like changeTimesOf, with nanoseconds since the epoch. */
export function changeTimesTo(fd: number, time: bigint): void {
  const nanoseconds = ((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  changeTimesOf(fd, Number((time - nanoseconds) / 1_000_000_000n), Number(nanoseconds));
}

/** Like changeTimesOf, for a file that is open other than by O_PATH. */
export function changeTimesOfFile(fd: number, seconds: number, nanoseconds?: number): void {
  check(futimens(fd, timesOf(seconds, nanoseconds)), 'futimens');
}

export function changeTimesOfFileTo(fd: number, time: bigint): void {
  const nanoseconds = ((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  changeTimesOfFile(fd, Number((time - nanoseconds) / 1_000_000_000n), Number(nanoseconds));
}

/** The errno name of a failed call of this folder; undefined for other errors. */
export function errnoNameOf(error: unknown): string | undefined {
  return error instanceof SystemCallError ? error.errnoName : undefined;
}
