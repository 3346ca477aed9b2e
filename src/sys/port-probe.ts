import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { check, declare, errno } from './libc.ts';

const socket = declare('int socket(int domain, int type, int protocol)');
const bind = declare('int bind(int fd, const void *address, uint32_t length)');
const listen = declare('int listen(int fd, int backlog)');
const setsockopt = declare('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const one = new Uint8Array(Uint32Array.of(1).buffer);

/** An address to bind, in network byte order (4 or 16 bytes). */
interface ProbeAddress {
  readonly protocol: 'tcp' | 'udp';
  readonly family: 4 | 6;
  readonly address: Uint8Array;
  readonly port: number;
}

/**
 * Binds a port (and for TCP listens on it) for a moment, just as the shim will do later, and returns the errno that
 * prevents it: 0 for none, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EACCES.
 */
export function probePort(probe: ProbeAddress): number {
  const type = probe.protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM;
  const fd = socket(probe.family === 4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    const number = errno();
    if (number === constants.errno.EAFNOSUPPORT) return number;
    return check(fd, 'socket');
  }
  try {
    if (probe.protocol === 'tcp') setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, one, 4);
    if (probe.family === 6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, one, 4);
    const address = socketAddress(probe);
    if (bind(fd, address, address.length) < 0) return errno();
    if (probe.protocol === 'tcp' && listen(fd, 1) < 0) return errno();
    return 0;
  } finally {
    closeSync(fd);
  }
}

/** struct sockaddr_in or sockaddr_in6. */
export function socketAddress(of: {
  readonly family: 4 | 6;
  readonly address: Uint8Array;
  readonly port: number;
}): Buffer {
  const bytes = Buffer.alloc(of.family === 4 ? 16 : 28);
  bytes.writeUInt16LE(of.family === 4 ? AF_INET : AF_INET6, 0);
  bytes.writeUInt16BE(of.port, 2);
  bytes.set(of.address, of.family === 4 ? 4 : 8);
  return bytes;
}
