import type { Socket } from 'node:net';
import { TcomposeError } from '../../errors.ts';
import { maxFrameLength } from './shim-protocol.ts';

/**
 * Splits a byte stream into frames (u32 length, then that many bytes). Frames may arrive in any pieces; a frame that is
 * complete in one piece is passed on without a copy.
 */
export class FrameSplitter {
  #pending: Buffer = Buffer.alloc(0);

  /** Frames completed by `chunk`, without their length. Throws RUNTIME_PROTOCOL for an invalid length. */
  push(chunk: Buffer): Buffer[] {
    let data = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: Buffer[] = [];
    while (data.length >= 4) {
      const length = data.readUInt32LE(0);
      if (length === 0 || length > maxFrameLength)
        throw new TcomposeError('RUNTIME_PROTOCOL', `a frame claims to be ${length} bytes long`);
      if (data.length < 4 + length) break;
      frames.push(data.subarray(4, 4 + length));
      data = data.subarray(4 + length);
    }
    this.#pending = data;
    return frames;
  }
}

interface FrameHandlers {
  /** Called with a frame without its length; an error that it throws closes the socket. */
  readonly frame: (payload: Buffer) => void;
  /** Called once, however the connection ended; `error` is undefined for an orderly end by the other side. */
  readonly closed: (error: Error | undefined) => void;
}

/** Reads frames from a connected socket until it closes, which it may have done already. */
export function readFrames(socket: Socket, handlers: FrameHandlers): void {
  const splitter = new FrameSplitter();
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const payload of splitter.push(chunk)) {
        if (socket.destroyed) return;
        handlers.frame(payload);
      }
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  // What went wrong is read once it is closed.
  socket.on('error', () => undefined);
  const closed = () => handlers.closed(socket.errored ?? undefined);
  if (socket.closed) queueMicrotask(closed);
  else socket.on('close', closed);
}
