import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import { type Exchange, type Hijacked, readJson, streamWriter } from './exchange.ts';
import { failureOf } from './failure.ts';
import { watchPeer, watchPeerFromEnd } from './peer-watch.ts';
import type { Lookup } from './router.ts';
import { apiVersion, compareVersions, minApiVersion } from './versions.ts';

interface ServerHooks {
  /** Called around every request; the returned function when its connection's work is over. */
  readonly begin: (request: string) => () => void;
  readonly failed: (request: string, error: unknown) => void;
}

/**
 * The HTTP server (not yet listening). Headers of every answer are Docker's, so that clients negotiate as they do with
 * dockerd: Api-Version, Docker-Experimental, Ostype, Server.
 */
export function createApiServer(
  lookup: (method: string, path: string) => Lookup,
  headers: Readonly<Record<string, string>>,
  hooks: ServerHooks,
): Server {
  const server = createServer({ keepAlive: true, noDelay: true }, (request, response) => {
    void serve(request, plainChannel(request, response, headers));
  });
  server.on('upgrade', (request, socket, head) => {
    void serve(request, upgradedChannel(request, socket as Socket, head, headers));
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  // A client may close its half and go on reading; one that is gone is told apart by watchPeer.
  (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
  server.on('connection', watchPeerFromEnd);
  // Log followers and waits are silent for hours; a client's header must not take long.
  server.requestTimeout = 0;
  server.timeout = 0;
  server.keepAliveTimeout = 60_000;
  return server;

  async function serve(request: IncomingMessage, channel: Channel): Promise<void> {
    const url = request.url ?? '/';
    const at = url.indexOf('?');
    const path = at === -1 ? url : url.slice(0, at);
    const method = request.method ?? 'GET';
    const label = `${method} ${url}`;
    const end = hooks.begin(label);
    try {
      const found = lookup(method, path);
      const version = found.version ?? apiVersion;
      if (compareVersions(version, minApiVersion) < 0) {
        channel.send(400, {
          message: `client version ${version} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`,
        });
      } else if (compareVersions(version, apiVersion) > 0) {
        channel.send(400, {
          message: `client version ${version} is too new. Maximum supported API version is ${apiVersion}`,
        });
      } else if (url.includes('%00')) {
        channel.send(400, { message: 'the path and the query must not contain a NUL character' });
      } else if (found.kind !== 'match') {
        const what = found.kind === 'unknown' ? 'has no such endpoint' : `does not allow ${method} here`;
        // A wrong method is a 404 in Docker too.
        channel.send(404, {
          message: `the tcompose engine ${what}: ${path}`,
        });
      } else {
        const exchange: Exchange = {
          ...channel,
          method,
          path,
          version,
          query: new URLSearchParams(at === -1 ? '' : url.slice(at + 1)),
          params: found.match.params,
          headers: request.headers,
        };
        await found.match.handler(exchange);
      }
    } catch (error) {
      hooks.failed(label, error);
      const { status, body } = failureOf(error);
      if (channel.answered()) channel.abort();
      else if (status === 304) channel.send(304);
      else channel.send(status, body);
    } finally {
      channel.whenDone(end);
    }
  }
}

type Channel = Pick<Exchange, 'body' | 'signal' | 'json' | 'send' | 'stream' | 'hijack'> & {
  answered(): boolean;
  abort(): void;
  /** Calls back once, when the connection has nothing more to do with this request. */
  whenDone(callback: () => void): void;
};

function plainChannel(
  request: IncomingMessage,
  response: ServerResponse,
  common: Readonly<Record<string, string>>,
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
      if (request.complete || !hasBody(request)) {
        response.end(shown);
        return;
      }
      // The client still sends. To close now would reset the connection under it, and it would never read the answer.
      if (shown === undefined) response.flushHeaders();
      else response.write(shown);
      request.once('close', () => response.end()).once('end', () => response.end());
      request.resume();
    },
    stream(status, contentType, headers = {}) {
      response.writeHead(status, { ...common, 'Content-Type': contentType, ...headers });
      response.flushHeaders();
      return streamWriter(response);
    },
    hijack(contentType) {
      hijacked = true;
      // Without Upgrade the answer is raw bytes until the connection closes; the client's stdin is its request body.
      response.shouldKeepAlive = false;
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { ...common, 'Content-Type': contentType, Connection: 'close' });
      response.flushHeaders();
      return { input: request, output: streamWriter(response) };
    },
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function upgradedChannel(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  common: Readonly<Record<string, string>>,
): Channel {
  const abort = new AbortController();
  let answered = false;
  let closed = false;
  socket.on('close', () => {
    closed = true;
    abort.abort();
  });
  socket.on('error', () => socket.destroy());
  request.socket.setNoDelay(true);
  const { body, input } = bodyAndInput(request, socket, head);
  const writeHead = (status: number, headers: Readonly<Record<string, string>>): void => {
    answered = true;
    const lines = Object.entries({ ...common, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`);
  };
  return {
    body,
    signal: abort.signal,
    json: () => readJson(body),
    answered: () => answered,
    abort: () => socket.destroy(),
    whenDone(callback) {
      if (closed) callback();
      else socket.once('close', callback);
    },
    send(status, value, headers = {}) {
      if (closed) return;
      const text = value === undefined ? '' : `${JSON.stringify(value)}\n`;
      writeHead(status, {
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(text)),
        Connection: 'close',
        ...headers,
      });
      socket.end(text);
    },
    stream(status, contentType, headers = {}) {
      writeHead(status, { 'Content-Type': contentType, Connection: 'close', ...headers });
      return streamWriter(socket);
    },
    hijack(contentType): Hijacked {
      watchPeer(socket);
      writeHead(101, { 'Content-Type': contentType, Connection: 'Upgrade', Upgrade: 'tcp' });
      return { input, output: streamWriter(socket) };
    },
  };
}

/**
 * Parts an upgraded request's body from the client's stdin. Node ≥ 26 parses the body as of any request, and drops what
 * nobody reads of it once the upgraded stream is read; earlier ones hand it over as the first bytes of that stream.
 */
function bodyAndInput(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): { body: Readable; input: Readable } {
  const parsed = !request.complete || request.readableLength > 0;
  if (!parsed) return splitBody(socket, head, Number(request.headers['content-length'] ?? 0));
  const body = request.pipe(new PassThrough());
  return { body, input: splitBody(socket, head, 0).input };
}

/** An upgraded request's first `length` bytes after the head are its body, the rest is the client's stdin. */
function splitBody(socket: Socket, head: Buffer, length: number): { body: Readable; input: Readable } {
  const body = new PassThrough();
  const input = new PassThrough();
  let left = length;
  const take = (chunk: Buffer): void => {
    const mine = chunk.subarray(0, left);
    left -= mine.length;
    if (mine.length > 0) body.write(mine);
    if (left === 0 && !body.writableEnded) body.end();
    const rest = chunk.subarray(mine.length);
    if (rest.length > 0 && !input.write(rest)) {
      socket.pause();
      input.once('drain', () => socket.resume());
    }
  };
  if (left === 0) body.end();
  if (head.length > 0) take(head);
  socket.on('data', take);
  socket.on('end', () => {
    body.end();
    input.end();
  });
  socket.on('close', () => {
    body.end();
    input.end();
  });
  return { body, input };
}
