import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { frame, messagesOf } from './frames.ts';
import { GrpcError, trailersOf } from './status.ts';

/** One call that a client makes. */
export interface Call {
  readonly headers: IncomingHttpHeaders;
  /** The client's messages, one by one. */
  readonly requests: AsyncGenerator<Buffer>;
  /** Resolves when more may be sent, or at once when the client is gone. */
  readonly send: (message: Uint8Array) => Promise<void>;
  /** Aborted when the client cancels the call. */
  readonly signal: AbortSignal;
}

/** Carries out a call. An error ends the call with that status. */
export type Method = (call: Call) => Promise<void>;

/** Methods by their path, `/moby.buildkit.v1.Control/Solve`. */
export type Methods = ReadonlyMap<string, Method>;

/** Most calls in progress on one connection. */
const mostCalls = 250;
/** Bytes that may be sent to us before they are read: a context's files come in pieces of 32 KiB. */
export const windowSize = 1024 * 1024;

/** The only message of a call that sends just one. @throws GrpcError */
export async function onlyRequest(call: Call): Promise<Buffer> {
  const { value, done } = await call.requests.next();
  if (done === true) throw new GrpcError('invalid-argument', 'the call has no message');
  return value;
}

/**
 * Serves gRPC calls on a connection that the client has opened.
 * @param failed called with errors of a method that are not meant for the client
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

/** Most bytes of an answer's trailers: an error has the Dockerfile in it. Node's default is 64 KiB. */
const longestHeaders = 16 * 1024 * 1024;

/** Sets the window of the whole connection to that of one stream. */
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
      // When a message is refused, the client must stay connected until it has read why.
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
  // Nobody waits for what the client still sends.
  stream.resume();
}

/** Writes to a stream; resolves when it accepts more, or is closed. */
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
