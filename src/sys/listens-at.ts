import { closeSync } from 'node:fs';
import { declare, declareAsync } from './libc.ts';
import type { NetworkHome } from './network-home.ts';
import { socketAddress } from './port-probe.ts';

const setsockopt = declare('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');
const connectAsync = declareAsync('int connect(int fd, const void *address, uint32_t length)');

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_SNDTIMEO = 21;

/** Whether something accepts a TCP connection to an IPv4 address within a second, as seen from a network namespace. */
export async function listensAt(home: NetworkHome, address: string, port: number): Promise<boolean> {
  const fd = home.socket(AF_INET, SOCK_STREAM, 0);
  try {
    // struct timeval: it limits connect(2), too.
    const second = new Uint8Array(BigInt64Array.of(1n, 0n).buffer);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, second, second.length);
    const bytes = Uint8Array.from(address.split('.').map(Number));
    const to = socketAddress({ family: 4, address: bytes, port });
    return (await connectAsync(fd, to, to.length)) === 0;
  } finally {
    closeSync(fd);
  }
}
