import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { frame, messagesOf } from './frames.ts';
import { GrpcError, trailersOf } from './status.ts';

/** One call that a client makes. */
export interface Call {
  readonly headers: IncomingHttpHeaders;
  /** What the client sends, message by message. */
  readonly requests: AsyncGenerator<Buffer>;
  /** Resolves when more may be sent; at once when the client is gone. */
  readonly send: (message: Uint8Array) => Promise<void>;
  /** Aborted when the client gives the call up. */
  readonly signal: AbortSignal;
}

/** Carries a call out. What it throws ends the call with that status. */
export type Method = (call: Call) => Promise<void>;

/** Methods by their path, `/moby.buildkit.v1.Control/Solve`. */
export type Methods = ReadonlyMap<string, Method>;

/** Calls under way on one connection. */
const mostCalls = 250;
/** What may be under way to us before it is read: a context's files come in pieces of 32 KiB. */
export const windowSize = 1024 * 1024;

/** The one message of a call that sends no more. @throws GrpcError */
export async function onlyRequest(call: Call): Promise<Buffer> {
  const { value, done } = await call.requests.next();
  if (done === true) throw new GrpcError('invalid-argument', 'the call has no message');
  return value;
}

/**
 * Serves calls of gRPC on a connection that somebody else has opened.
 * @param failed called with what a method threw that was not meant for the client
 */
export async function serveCalls(
  socket: Duplex,
  methods: Methods,
  failed: (path: string, error: unknown) => void,
): Promise<void> {
  const http2 = await import('node:http2');
  const session = http2.performServerHandshake(socket, {
    maxSendHeaderBlockLength: longestHeaders,
    settings: { maxConcurrentStreams: mostCalls, initialWindowSize: windowSize },
  });
  session.on('error', () => session.destroy());
  session.on('stream', (stream: ServerHttp2Stream, headers) => {
    void answer(stream, headers, methods, failed);
  });
  widen(session);
}

/** Bytes of an answer's last headers: an error has the Dockerfile in it. What nodejs takes else is 64 KiB. */
const longestHeaders = 16 * 1024 * 1024;

/** Lets a connection as a whole take as much as one stream. */
export function widen(session: Http2Session): void {
  session.setLocalWindowSize(4 * windowSize);
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  methods: Methods,
  failed: (path: string, error: unknown) => void,
): Promise<void> {
  const abort = new AbortController();
  stream.on('error', () => abort.abort());
  stream.on('close', () => abort.abort());
  const path = String(headers[':path'] ?? '');
  let error: GrpcError | undefined;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailersOf(error)));
  try {
    const method = methods.get(path);
    if (method === undefined)
      throw new GrpcError('unimplemented', `this engine's builder does not have ${path.slice(1)}`);
    await method({
      headers,
      // A message that is refused is no reason to cut the client off before it has heard why.
      requests: messagesOf(stream.iterator({ destroyOnReturn: false })),
      send: (message) => sent(stream, frame(message)),
      signal: abort.signal,
    });
  } catch (thrown) {
    if (thrown instanceof GrpcError) error = thrown;
    else {
      failed(path, thrown);
      error = new GrpcError('unknown', (thrown as Error).message);
    }
  }
  if (!stream.destroyed && !stream.writableEnded) stream.end();
  // What the client still sends, nobody waits for.
  stream.resume();
}

/** Writes to a stream; resolves when it may be written to again, or is closed. */
export function sent(stream: Duplex, bytes: Buffer): Promise<void> {
  if (stream.destroyed || stream.writableEnded || stream.write(bytes)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.once('drain', done);
    stream.once('close', done);
  });
}
