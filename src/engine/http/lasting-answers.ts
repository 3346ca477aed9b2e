import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { peerPid } from '../../sys/socket-queue.ts';
import { multiplexedStream } from './exchange.ts';
import { frame } from './multiplex.ts';
import type { OpenStreams } from './open-streams.ts';
import { type StreamWriter, streamWriter } from './stream-writer.ts';

/** Milliseconds that a client has for reading the last message of a stream. */
const parting = 1000;

/** Makes the writers of long-lived answers, and counts the open ones. */
export interface LastingAnswers {
  /** `subject`: see Exchange.hijack; `ready`: see streamWriter. */
  writer(
    request: IncomingMessage,
    target: ServerResponse | Socket,
    contentType: string,
    options?: { readonly subject?: string | undefined; readonly ready?: Promise<void> },
  ): StreamWriter;
}

/** `dropped` is called with a sentence for each answer that was ended to make room for others. */
export function lastingAnswers(open: OpenStreams, dropped: (sentence: string) => void): LastingAnswers {
  return {
    writer(request, target, contentType, { subject, ready } = {}) {
      const { socket } = request;
      const peer = peerOf(socket);
      const ticket = open.admit({
        peer,
        subject,
        blocked: () => target.writableNeedDrain || socket.writableNeedDrain,
        drop(sentence) {
          dropped(`${request.method} ${request.url} of process ${peer} was ${sentence}`);
          part(target, socket, lastWord(contentType, `the engine ended this stream: it was ${sentence}`));
        },
      });
      target.once('close', () => ticket.release());
      return streamWriter(target, { wrote: ticket.touch, ...(ready === undefined ? {} : { ready }) });
    },
  };
}

function peerOf(socket: Socket): number {
  const { _handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
  const fd = _handle?.fd;
  return (fd === undefined || fd < 0 ? undefined : peerPid(fd)) ?? 0;
}

/** How a stream of this kind reports an error; undefined if the message would be taken for content. */
function lastWord(contentType: string, sentence: string): Buffer | string | undefined {
  if (contentType === 'application/json') return `${JSON.stringify({ error: sentence })}\n`;
  return contentType === multiplexedStream ? frame('stderr', Buffer.from(`${sentence}\n`)) : undefined;
}

/**
 * Ends a stream with a last message, in case somebody reads it; a stream that nobody reads, or that must not look
 * complete, is cut off.
 */
function part(target: ServerResponse | Socket, socket: Socket, word: Buffer | string | undefined): void {
  if (word === undefined || target.writableNeedDrain || socket.writableNeedDrain) {
    socket.destroy();
    return;
  }
  target.end(word);
  const timer = setTimeout(() => socket.destroy(), parting);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
