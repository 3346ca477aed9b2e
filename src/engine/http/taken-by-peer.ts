import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { unreadByPeer } from '../../sys/socket-queue.ts';

/** Milliseconds after which output is sent even if the client has not read the head of its answer. */
const patience = 10_000;
const longestPause = 250;

/**
 * Resolves when the other end of a unix socket has read everything that was written to `stream` so far, or it is closed.
 * Two writes that the reader has not reached yet may be read as one; there is no other way to keep them apart. The stream
 * is the socket itself, or one that Node (≥ 26) puts around it while a request's body is still to come.
 */
export async function takenByPeer(stream: Duplex, socket: Socket): Promise<void> {
  const fd = (): number | undefined =>
    (socket as Socket & { readonly _handle?: { readonly fd?: number } | null })._handle?.fd;
  // Clients wait for the head: mostly they have read it within a turn.
  let pause = 0.5;
  for (let waited = 0; waited < patience && !stream.destroyed; waited += pause) {
    const at = fd();
    if (at === undefined || at < 0) return;
    if (stream.writableLength === 0 && socket.writableLength === 0) {
      const unread = unreadByPeer(at);
      if (unread === undefined || unread === 0) return;
    }
    if (pause < 1) await nextTurn();
    else await sleep(pause, undefined, { ref: false });
    pause = Math.min(pause * 2, longestPause);
  }
}
