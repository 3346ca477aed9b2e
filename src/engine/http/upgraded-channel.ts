import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import type { Channel } from './channel.ts';
import { type Hijacked, readJson } from './exchange.ts';
import { notUpgraded } from './failure.ts';
import type { LastingAnswers } from './lasting-answers.ts';
import { watchPeer } from './peer-watch.ts';
import { takenByPeer } from './taken-by-peer.ts';

/** A request with `Upgrade`, whose socket Node has released. */
export function upgradedChannel(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  common: Readonly<Record<string, string>>,
  lasting: LastingAnswers,
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
  const { body, input, detach } = bodyAndInput(request, socket, head);
  const writeHead = (status: number, headers: Readonly<Record<string, string>>): void => {
    answered = true;
    socket.write(headText(status, { ...common, ...headers }));
  };
  const switching = (protocol: string, headers = {}): Socket => {
    writeHead(101, { ...headers, Connection: 'Upgrade', Upgrade: protocol });
    return socket;
  };
  return {
    body,
    signal: abort.signal,
    json: () => readJson(body),
    answered: () => answered,
    abort: () => socket.destroy(),
    whenDone: (callback) => void (closed ? callback() : socket.once('close', callback)),
    send(status, value, headers = {}) {
      if (closed) return;
      const text = value === undefined ? '' : `${JSON.stringify(value)}\n`;
      const length = String(Buffer.byteLength(text));
      const own = { 'Content-Type': 'application/json', 'Content-Length': length, Connection: 'close' };
      writeHead(status, { ...own, ...headers });
      socket.end(text);
      // Nobody waits for what the client still sends.
      body.resume();
      input.resume();
    },
    stream(status, contentType, headers = {}) {
      writeHead(status, { 'Content-Type': contentType, Connection: 'close', ...headers });
      input.resume();
      return lasting.writer(request, socket, contentType);
    },
    hijack(contentType, subject): Hijacked {
      watchPeer(switching('tcp', { 'Content-Type': contentType }));
      const ready = takenByPeer(socket, request.socket);
      return { input, output: lasting.writer(request, socket, contentType, { subject, ready }) };
    },
    takeOver(protocol) {
      if (request.headers.upgrade?.toLowerCase() !== protocol) throw notUpgraded(protocol);
      detach();
      return endingTogether(switching(protocol));
    },
  };
}

/** A peer that has said its last word in HTTP/2 cannot be answered: without this it would keep the connection forever. */
function endingTogether(socket: Socket): Socket {
  return socket.once('end', () => socket.destroySoon());
}

function headText(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
}

interface Parts {
  readonly body: Readable;
  readonly input: Readable;
  /** Passes the socket on, with everything that followed the head. Only before it was read. */
  readonly detach: () => void;
}

/**
 * Separates an upgraded request's body from the client's stdin. Node ≥ 26 parses the body like that of any request, and
 * drops unread parts of it once the upgraded stream is read; earlier versions pass it on as the first bytes of that
 * stream.
 */
function bodyAndInput(request: IncomingMessage, socket: Socket, head: Buffer): Parts {
  const parsed = !request.complete || request.readableLength > 0;
  if (!parsed) return splitBody(socket, head, Number(request.headers['content-length'] ?? 0));
  const body = request.pipe(new PassThrough());
  return { ...splitBody(socket, head, 0), body };
}

/** The first `length` bytes after an upgraded request's head are its body, the rest is the client's stdin. */
function splitBody(socket: Socket, head: Buffer, length: number): Parts {
  const body = new PassThrough();
  const input = new PassThrough();
  let left = length;
  const take = (chunk: Buffer): void => {
    const mine = chunk.subarray(0, left);
    left -= mine.length;
    pass(mine, body);
    if (left === 0 && !body.writableEnded) body.end();
    pass(chunk.subarray(mine.length), input);
  };
  /** Reads only as much as the consumer takes. */
  const pass = (piece: Buffer, taker: PassThrough): void => {
    if (piece.length === 0 || taker.write(piece)) return;
    socket.pause();
    taker.once('drain', () => socket.resume());
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
  const detach = (): void => {
    socket.off('data', take);
    socket.pause();
    if (head.length > 0) socket.unshift(head);
  };
  return { body, input, detach };
}
