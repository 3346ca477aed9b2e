import { closeSync, constants as files, openSync } from 'node:fs';
import { constants } from 'node:os';
import { declare, errno, SystemCallError } from './libc.ts';

const flock = declare('int flock(int fd, int operation)');
const LOCK_EX = 2;
const LOCK_NB = 4;

export interface HeldLock {
  /** Idempotent. The lock file stays: deleting it would let two processes lock different inodes. */
  release(): void;
}

/**
 * Takes an exclusive flock(2) on `path` (created with mode 0600 when absent) without waiting.
 * A link is not followed, and a pipe not waited for. Returns null when another process holds it. The descriptor is CLOEXEC, so the lock dies with this process.
 */
export function acquireLock(path: string): HeldLock | null {
  const flags = files.O_RDWR | files.O_CREAT | files.O_NOFOLLOW | files.O_NONBLOCK;
  const fd = openSync(path, flags, 0o600);
  let held = true;
  const release = () => {
    if (held) closeSync(fd);
    held = false;
  };
  if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
    const number = errno();
    release();
    if (number === constants.errno.EWOULDBLOCK) return null;
    throw new SystemCallError(`flock ${path}`, number);
  }
  return { release };
}
