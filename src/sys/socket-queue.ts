import { declare } from './libc.ts';

const ioctl = declare('int ioctl(int fd, unsigned long request, void *argument)');
const getsockopt = declare('int getsockopt(int fd, int level, int name, void *value, void *length)');

/** linux/sockios.h; for a unix socket the memory that its peer has yet to read (unix_ioctl). */
const SIOCOUTQ = 0x5411;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** Bytes of memory held by what was written to a unix socket and not yet read; undefined where it can't be known. */
export function unreadByPeer(fd: number): number | undefined {
  const value = Buffer.alloc(4);
  return ioctl(fd, SIOCOUTQ, value) === 0 ? value.readInt32LE(0) : undefined;
}

/** Pid of the process that connected a unix socket (0: in a pid namespace not seen from here); undefined for none. */
export function peerPid(fd: number): number | undefined {
  const credentials = Buffer.alloc(12);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(credentials.length);
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length) === 0
    ? credentials.readInt32LE(0)
    : undefined;
}
