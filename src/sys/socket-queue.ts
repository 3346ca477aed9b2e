import { declare } from './libc.ts';

const ioctl = declare('int ioctl(int fd, unsigned long request, void *argument)');
const getsockopt = declare('int getsockopt(int fd, int level, int name, void *value, void *length)');

/** linux/sockios.h; on a unix socket, the memory of the data that its peer has not read yet (unix_ioctl). */
const SIOCOUTQ = 0x5411;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** Bytes of memory held by data that was written to a unix socket and not yet read; undefined if unknown. */
export function unreadByPeer(fd: number): number | undefined {
  const value = Buffer.alloc(4);
  return ioctl(fd, SIOCOUTQ, value) === 0 ? value.readInt32LE(0) : undefined;
}

/**
 * Pid of the process that connected a unix socket (0 if its pid namespace can't be seen from here); undefined if there
 * is none.
 */
export function peerPid(fd: number): number | undefined {
  const credentials = Buffer.alloc(12);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(credentials.length);
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length) === 0
    ? credentials.readInt32LE(0)
    : undefined;
}
