import type { Socket } from 'node:net';
import { frameSplitter } from '../../engine/client/frames.ts';
import type { Hijacked } from '../../engine/client/transport.ts';
import type { CliContext } from '../context.ts';
import { followTerminalSize, readStandardInput } from './standard-streams.ts';

interface PipeOptions {
  /** The other end is a terminal: bytes are passed through unchanged, and our terminal becomes raw. */
  readonly tty: boolean;
  readonly stdin: boolean;
  /** Called with the terminal's size, at once and after each change. */
  readonly resize?: (rows: number, columns: number) => Promise<unknown>;
}

/** How many bytes have arrived on each stream. */
export interface Received {
  stdout: number;
  stderr: number;
}

/**
 * Connects this process's streams to a hijacked connection until the other side closes it. When standard input ends,
 * only our half is closed. The terminal is restored.
 */
export async function pipeStreams(
  ctx: CliContext,
  hijacked: Hijacked,
  options: PipeOptions,
): Promise<Received> {
  const { socket, head } = hijacked;
  const received: Received = { stdout: 0, stderr: 0 };
  const { stdout, stderr } = ctx;
  const write = (stream: keyof Received, bytes: Buffer) => {
    const target = stream === 'stderr' ? stderr : stdout;
    received[stream] += bytes.length;
    // Read no faster than the terminal or pipe accepts data.
    if (!target.write(bytes)) {
      socket.pause();
      target.once('drain', () => socket.resume());
    }
  };
  const receive = options.tty
    ? (bytes: Buffer) => write('stdout', bytes)
    : frameSplitter((chunk) => write(chunk.stream, chunk.bytes));
  const releaseInput = options.stdin ? sendInput(ctx, socket, options.tty) : () => {};
  const releaseSize =
    options.tty && options.resize !== undefined ? followTerminalSize(ctx, options.resize) : () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      if (head.length > 0) receive(head);
      socket.on('data', receive);
      socket.once('end', resolve);
      socket.once('close', () => resolve());
      socket.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve() : reject(error),
      );
      socket.resume();
    });
  } finally {
    releaseSize();
    releaseInput();
    socket.destroy();
  }
  return received;
}

/** When standard input ends, our half of the socket is closed. */
function sendInput(ctx: CliContext, socket: Socket, tty: boolean): () => void {
  return readStandardInput(ctx, tty, {
    data: (bytes) => {
      if (socket.write(bytes)) return;
      ctx.stdin.pause();
      socket.once('drain', () => ctx.stdin.resume());
    },
    end: () => socket.end(),
  });
}
