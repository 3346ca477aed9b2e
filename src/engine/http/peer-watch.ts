import type { Socket } from 'node:net';

/** Milliseconds between two checks. */
const interval = 2000;

/**
 * Destroys a connection's socket soon after its other end was closed completely. A client that closes only its half (it
 * has no more stdin) still reads, and a reader can't tell the two apart. A writer can: a write, even of no bytes, fails
 * with EPIPE only when nobody can read any more (unix(7)). Checked at the client's last byte, and repeatedly from then
 * on, or from `watchPeer` on.
 */
export function watchPeerFromEnd(socket: Socket): void {
  socket.once('end', () => {
    ask(socket);
    watchPeer(socket);
  });
}

/**
 * For a socket that may not be being read, for example because a container does not take its stdin: then its end is not
 * noticed.
 */
export function watchPeer(socket: Socket): void {
  const timer = setInterval(ask, interval, socket);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}

function ask(socket: Socket): void {
  // Pending writes will meet the same error.
  if (!socket.destroyed && !socket.writableEnded && socket.writableLength === 0) socket.write('');
}
