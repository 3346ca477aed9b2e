import { close, closeSync } from 'node:fs';
import { check, declare } from './libc.ts';
import { type NetlinkMessage, parseMessages } from './netlink-message.ts';
import { openNetlinkFd, receiveDatagram } from './netlink-socket.ts';
import type { NetworkHome } from './network-home.ts';

const fcntl = declare('int fcntl(int fd, int command, long argument)');
const F_GETFL = 3;
const F_SETFL = 4;
const F_SETOWN = 8;
const O_ASYNC = 0o20000;

/**
 * Follows a netlink multicast group. libuv has no handle for such sockets, so the kernel raises SIGIO when something
 * arrives (fcntl(2), O_ASYNC), and the socket is then emptied: nothing polls, and no thread waits. `onMessages` gets
 * the messages; 'lost' means that notifications were dropped and the listener must query the state itself.
 */
export function watchNetlink(
  protocol: number,
  group: number,
  onMessages: (messages: NetlinkMessage[] | 'lost') => void,
  home?: NetworkHome,
): { close(): void } {
  const fd = openNetlinkFd(protocol, [group], home);
  const buffer = Buffer.alloc(1 << 16);
  let open = true;

  function drain(): void {
    if (!open) return;
    for (;;) {
      const datagram = receiveDatagram(fd, buffer);
      if (datagram === undefined) return;
      onMessages(datagram === 'lost' ? 'lost' : parseMessages(datagram));
      if (!open) return;
    }
  }

  // The handler comes first: SIGIO's default action ends the process.
  process.on('SIGIO', drain);
  try {
    check(fcntl(fd, F_SETOWN, process.pid), 'fcntl F_SETOWN');
    check(fcntl(fd, F_SETFL, check(fcntl(fd, F_GETFL, 0), 'fcntl F_GETFL') | O_ASYNC), 'fcntl O_ASYNC');
  } catch (error) {
    process.removeListener('SIGIO', drain);
    closeSync(fd);
    throw error;
  }
  drain();

  return {
    close() {
      if (!open) return;
      open = false;
      fcntl(fd, F_SETFL, check(fcntl(fd, F_GETFL, 0), 'fcntl F_GETFL') & ~O_ASYNC);
      // On another thread: the kernel waits for all readers of the group's list, which takes 5 to 15 ms.
      close(fd);
      // A signal raised before the close may still arrive, so the handler is removed one turn later.
      setImmediate(() => process.removeListener('SIGIO', drain));
    },
  };
}
