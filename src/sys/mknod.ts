import { check, declare } from './libc.ts';

// mknod(3) is not a symbol of every glibc (before 2.33 it was inlined); the system call is.
const mknodat = declare('long syscall(long number, long dirfd, const uint8_t *path, long mode, long device)');
const syscallNumber = process.arch === 'arm64' ? 33 : 259;
const currentDirectory = -100;

/**
 * Makes a device node, FIFO or socket at `path` (bytes without a terminating NUL). `mode` has the S_IF type in it; the
 * umask applies. @throws SystemCallError
 */
export function makeNode(path: Uint8Array, mode: number, major: number, minor: number): void {
  const device = (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
  check(mknodat(syscallNumber, currentDirectory, terminated(path), mode, device >>> 0), 'mknod');
}

const terminated = (path: Uint8Array): Uint8Array => Buffer.concat([path, Buffer.alloc(1)]);
