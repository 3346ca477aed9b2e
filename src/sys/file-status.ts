import { type BigIntStats, constants } from 'node:fs';
import { check, declare, SystemCallError } from './libc.ts';

/** The fields of stat(2) by which trees are compared. Node's BigIntStats has them too. */
export type FileStatus = Pick<
  BigIntStats,
  | 'dev'
  | 'ino'
  | 'mode'
  | 'nlink'
  | 'uid'
  | 'gid'
  | 'rdev'
  | 'size'
  | 'mtimeNs'
  | 'ctimeNs'
  | 'isFile'
  | 'isDirectory'
  | 'isSymbolicLink'
  | 'isCharacterDevice'
  | 'isBlockDevice'
>;

// Not every C library exports statx(3), so the system call is made directly (Linux 4.11).
const statx = declare(
  'long syscall(long number, long dirfd, const uint8_t *name, long flags, long mask, uint8_t *result)',
);
const statxNumber = process.arch === 'arm64' ? 291 : 332;
const noFollow = 0x100;
/** STATX_BASIC_STATS. */
const basic = 0x7ff;

/** struct statx (linux/stat.h): 256 bytes. All calls share one buffer, since they are synchronous. */
const result = Buffer.alloc(256);
const billion = 1_000_000_000n;

/** A device number in glibc's 64-bit form, as stat(2) gives it. */
const deviceAt = (at: number): bigint => {
  const major = BigInt(result.readUInt32LE(at));
  const minor = BigInt(result.readUInt32LE(at + 4));
  return (
    (minor & 0xffn) |
    ((major & 0xfffn) << 8n) |
    ((minor & 0xffffff00n) << 12n) |
    ((major & 0xfffff000n) << 32n)
  );
};

/** struct statx_timestamp. */
const timeAt = (at: number): bigint =>
  result.readBigInt64LE(at) * billion + BigInt(result.readUInt32LE(at + 8));

class Status implements FileStatus {
  readonly nlink = BigInt(result.readUInt32LE(16));
  readonly uid = BigInt(result.readUInt32LE(20));
  readonly gid = BigInt(result.readUInt32LE(24));
  readonly mode = BigInt(result.readUInt16LE(28));
  readonly ino = result.readBigUInt64LE(32);
  readonly size = result.readBigUInt64LE(40);
  readonly ctimeNs = timeAt(96);
  readonly mtimeNs = timeAt(112);
  readonly rdev = deviceAt(128);
  readonly dev = deviceAt(136);
  readonly #kind = result.readUInt16LE(28) & constants.S_IFMT;

  isFile(): boolean {
    return this.#kind === constants.S_IFREG;
  }

  isDirectory(): boolean {
    return this.#kind === constants.S_IFDIR;
  }

  isSymbolicLink(): boolean {
    return this.#kind === constants.S_IFLNK;
  }

  isCharacterDevice(): boolean {
    return this.#kind === constants.S_IFCHR;
  }

  isBlockDevice(): boolean {
    return this.#kind === constants.S_IFBLK;
  }
}

/**
 * The status of one name (bytes that end with NUL) in a directory given by descriptor; links are not followed.
 * Undefined when the name doesn't exist.
 * @throws SystemCallError
 */
export function statusAt(dirFd: number, name: Uint8Array): FileStatus | undefined {
  try {
    check(statx(statxNumber, dirFd, name, noFollow, basic, result), 'statx');
  } catch (error) {
    if (error instanceof SystemCallError && ['ENOENT', 'ENOTDIR'].includes(error.errnoName ?? ''))
      return undefined;
    throw error;
  }
  return new Status();
}
