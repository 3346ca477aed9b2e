import type { Socket } from 'node:net';

/** Pause between two questions, milliseconds. */
const interval = 2000;

/**
 * Has a connection's socket destroyed soon after its other end was closed as a whole. A client that closes its half only
 * (it has no more stdin) still reads, and the two look alike to a reader. They differ to a writer: a write, of no bytes
 * even, fails with EPIPE only when nobody can read any more (unix(7)). Asked at the client's last byte, and from
 * `watchPeer` or that moment on again and again.
 */
export function watchPeerFromEnd(socket: Socket): void {
  socket.once('end', () => {
    ask(socket);
    watchPeer(socket);
  });
}

/** For a socket that is perhaps not being read, as when a container does not take its stdin: the end is not met then. */
export function watchPeer(socket: Socket): void {
  const timer = setInterval(ask, interval, socket);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}

function ask(socket: Socket): void {
  // What waits to be written will meet the same error.
  if (!socket.destroyed && !socket.writableEnded && socket.writableLength === 0) socket.write('');
}
