import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Channel } from './channel.ts';
import { rawStream, readJson } from './exchange.ts';
import { notUpgraded } from './failure.ts';
import type { LastingAnswers } from './lasting-answers.ts';
import type { StreamWriter } from './stream-writer.ts';
import { takenByPeer } from './taken-by-peer.ts';

/** An ordinary request. Its stream, or its connection if it is taken over, counts as a long-lived answer. */
export function plainChannel(
  request: IncomingMessage,
  response: ServerResponse,
  common: Readonly<Record<string, string>>,
  lasting: LastingAnswers,
): Channel {
  const abort = new AbortController();
  let hijacked = false;
  let closed = false;
  response.on('close', () => {
    closed = true;
    abort.abort();
  });
  response.on('error', () => response.destroy());
  request.on('error', () => abort.abort());
  return {
    body: request,
    signal: abort.signal,
    json: () => readJson(request),
    answered: () => response.headersSent || hijacked,
    abort: () => response.destroy(),
    whenDone(callback) {
      if (closed) callback();
      else response.once('close', callback);
    },
    send(status, value, headers = {}) {
      if (closed) return;
      const body = value === undefined ? undefined : Buffer.from(`${JSON.stringify(value)}\n`);
      response.writeHead(status, {
        ...common,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(status === 204 || status === 304 ? {} : { 'Content-Length': String(body?.length ?? 0) }),
        ...headers,
      });
      const shown = request.method === 'HEAD' ? undefined : body;
      if (isRead(request)) {
        response.end(shown);
        return;
      }
      if (shown === undefined) response.flushHeaders();
      else response.write(shown);
      afterRequest(request, () => response.end());
    },
    stream(status, contentType, headers = {}) {
      response.writeHead(status, { ...common, 'Content-Type': contentType, ...headers });
      response.flushHeaders();
      return endingAfter(request, lasting.writer(request, response, contentType));
    },
    hijack(contentType, subject) {
      hijacked = true;
      // Without Upgrade the answer is raw bytes until the connection closes; the client's stdin is its request body.
      response.shouldKeepAlive = false;
      response.useChunkedEncodingByDefault = false;
      // Whatever its form, dockerd calls it raw here.
      response.writeHead(200, { ...common, 'Content-Type': rawStream, Connection: 'close' });
      response.flushHeaders();
      const ready = takenByPeer(request.socket, request.socket);
      return { input: request, output: lasting.writer(request, response, contentType, { subject, ready }) };
    },
    takeOver(protocol) {
      throw notUpgraded(protocol);
    },
  };
}

/** Whether a request has been read completely. */
const isRead = (request: IncomingMessage): boolean =>
  request.complete || request.destroyed || !hasBody(request);

/**
 * Calls `end` when the client has sent its request completely, although nothing more of it is needed. Ending an answer
 * before that would reset the connection, and the client would never read it.
 */
function afterRequest(request: IncomingMessage, end: () => void): void {
  if (isRead(request)) {
    end();
    return;
  }
  request.once('close', end).once('end', end);
  request.resume();
}

/** A writer that ends once the request has been read. */
const endingAfter = (request: IncomingMessage, writer: StreamWriter): StreamWriter => ({
  write: (chunk) => writer.write(chunk),
  end: () => afterRequest(request, () => writer.end()),
  get full() {
    return writer.full;
  },
  get closed() {
    return writer.closed;
  },
});

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
