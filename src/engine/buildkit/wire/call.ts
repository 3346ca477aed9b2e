import type { ClientHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { frame, messagesOf } from './frames.ts';
import { sent, widen, windowSize } from './serve.ts';
import { errorOf, GrpcError } from './status.ts';

/** A call to the other end, with any number of messages in both directions. */
export interface OpenCall {
  readonly send: (message: Uint8Array) => Promise<void>;
  /** Says that no more messages follow. */
  readonly end: () => void;
  /** The answers; ends with the call, and throws the GrpcError that it ended with. */
  readonly answers: AsyncGenerator<Buffer>;
  /** Cancels the call. Idempotent. */
  readonly close: () => void;
}

/** The client of a gRPC server at the other end of a connection. */
export interface Caller {
  open(path: string, metadata?: Readonly<Record<string, string | string[]>>, signal?: AbortSignal): OpenCall;
  /** A call with one message in each direction. @throws GrpcError */
  ask(path: string, message: Uint8Array, signal?: AbortSignal): Promise<Buffer>;
  readonly closed: boolean;
  close(): void;
}

/** Starts making calls on a connection whose other end answers them. */
export async function createCaller(socket: Duplex): Promise<Caller> {
  const http2 = await import('node:http2');
  const session = http2.connect('http://session', {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: windowSize },
  });
  session.on('error', () => session.destroy());
  session.once('connect', () => widen(session));
  const open: Caller['open'] = (path, metadata = {}, signal) => {
    if (session.destroyed || session.closed) throw gone();
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...metadata,
    });
    return openCall(stream, signal);
  };
  return {
    open,
    async ask(path, message, signal) {
      const call = open(path, {}, signal);
      await call.send(message);
      call.end();
      let answer: Buffer | undefined;
      for await (const one of call.answers) answer ??= one;
      if (answer === undefined) throw new GrpcError('internal', `${path} gave no answer`);
      return answer;
    },
    get closed() {
      return session.destroyed || session.closed;
    },
    close: () => session.destroy(),
  };
}

const gone = (): GrpcError => new GrpcError('unavailable', 'the client of the build has disconnected');

function openCall(stream: ClientHttp2Stream, signal: AbortSignal | undefined): OpenCall {
  let ended: GrpcError | undefined | 'open' = 'open';
  const take = (headers: Readonly<Record<string, unknown>>): void => {
    if (headers['grpc-status'] !== undefined) ended = errorOf(headers);
  };
  // A call that fails at once has its status in the headers.
  stream.on('response', take);
  stream.on('trailers', take);
  stream.on('error', () => undefined);
  const close = (): void => {
    if (!stream.destroyed) stream.close(8);
  };
  if (signal?.aborted) close();
  signal?.addEventListener('abort', close);
  stream.once('close', () => signal?.removeEventListener('abort', close));
  return {
    send: (message) => sent(stream, frame(message)),
    end: () => {
      if (!stream.writableEnded) stream.end();
    },
    answers: answersOf(stream, () => ended),
    close,
  };
}

async function* answersOf(
  stream: ClientHttp2Stream,
  status: () => GrpcError | undefined | 'open',
): AsyncGenerator<Buffer> {
  let broken: unknown;
  try {
    yield* messagesOf(stream);
  } catch (error) {
    broken = error;
  }
  const how = status();
  if (how instanceof GrpcError) throw how;
  if (broken !== undefined || how === 'open') throw broken instanceof GrpcError ? broken : gone();
}
