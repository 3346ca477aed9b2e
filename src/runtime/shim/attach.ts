import type { Socket } from 'node:net';
import { readFrames } from './frame-socket.ts';
import { decodeShimEvent, encodeShimRequest } from './shim-codec.ts';
import { checkHello, goneError, requestError } from './shim-errors.ts';
import type { OutputStream } from './shim-messages.ts';
import { openSocket } from './shim-socket.ts';

/** Which of the process's streams to attach. */
export interface AttachStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** The output of a run, too, waits for this client. */
  readonly holds?: boolean;
}

/** The output and stdin of a running process. */
export interface ShimAttachment {
  /** To be called before the next tick: output is not buffered for later listeners. */
  onOutput(listener: (stream: OutputStream, bytes: Buffer) => void): void;
  /** How the output ended: completely, because this client was too slow (run only), or because the shim is gone. */
  readonly ended: Promise<'eof' | 'slow' | 'gone'>;
  /**
   * Back-pressure: an exec stops when its client does not read; a run that the client does not hold drops it once it is
   * 4 MiB behind.
   */
  pause(): void;
  resume(): void;
  /** Writes stdin; resolves when the bytes have been sent to the shim (await it for back-pressure). */
  write(bytes: Uint8Array): Promise<void>;
  /** Closes this client's half of stdin. */
  endStdin(): void;
  close(): void;
}

/**
 * Like ShimConnection.attach, for callers that need nothing else from the shim. Stdin has a separate connection: a
 * write to a process that has just ended fails and closes its socket, along with any unread output on it.
 */
export async function attachShim(runDir: string, streams: AttachStreams): Promise<ShimAttachment> {
  let output: (stream: OutputStream, bytes: Buffer) => void = () => {};
  const opening = [
    openAttachment(runDir, { ...streams, stdin: false }, (stream, bytes) => output(stream, bytes)),
    ...(streams.stdin
      ? [openAttachment(runDir, { stdin: true, stdout: false, stderr: false }, () => {})]
      : []),
  ];
  const [outgoing, incoming] = await Promise.all(opening).catch(async (error) => {
    for (const one of await Promise.allSettled(opening))
      if (one.status === 'fulfilled') one.value.socket.destroy();
    throw error;
  });
  const { socket, ended } = outgoing!;
  const stdin = incoming?.socket;

  return {
    onOutput: (listener) => {
      output = listener;
    },
    ended,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    write: async (bytes) => {
      for (let at = 0; at < bytes.length && stdin !== undefined; at += stdinChunk) {
        const part = encodeShimRequest({ type: 'stdin', bytes: bytes.subarray(at, at + stdinChunk) });
        await new Promise<void>((resolve, reject) =>
          stdin.write(part, (error) => (error ? reject(goneError(runDir, error)) : resolve())),
        );
      }
    },
    endStdin: () => {
      if (stdin?.destroyed === false) stdin.write(encodeShimRequest({ type: 'stdin-close' }));
    },
    close: () => {
      socket.destroy();
      stdin?.destroy();
    },
  };
}

/** One attach connection, after its answer: no later byte of its streams can be missed. */
async function openAttachment(
  runDir: string,
  streams: AttachStreams,
  output: (stream: OutputStream, bytes: Buffer) => void,
): Promise<{ readonly socket: Socket; readonly ended: ShimAttachment['ended'] }> {
  const socket = await openSocket(runDir);
  let finish: (reason: 'eof' | 'slow' | 'gone') => void = () => {};
  const ended = new Promise<'eof' | 'slow' | 'gone'>((resolve) => {
    finish = resolve;
  });
  await new Promise<void>((resolve, reject) => {
    readFrames(socket, {
      frame: (payload) => {
        const event = decodeShimEvent(payload);
        if (event.type === 'hello') checkHello(event);
        else if (event.type === 'output') output(event.stream, event.bytes);
        else if (event.type === 'output-end') finish(event.reason);
        else if (event.type === 'answer') event.errno === 0 ? resolve() : socket.destroy(requestError(event));
      },
      closed: (error) => {
        reject(goneError(runDir, error));
        finish('gone');
      },
    });
    socket.write(encodeShimRequest({ type: 'attach', seq: 1, ...streams }));
  });
  return { socket, ended };
}

/** Bytes of stdin in a frame: as much as the shim takes at once (native/monitor/clients.h). */
const stdinChunk = 32 << 10;
