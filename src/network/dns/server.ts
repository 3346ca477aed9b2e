import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { listenOn, receiveOn } from '../adopt-descriptor.ts';
import { type Decision, decide } from './answer.ts';
import type { Asker, Forwarder } from './forwarder.ts';
import type { NameTable } from './names.ts';
import { buildResponse, type Query, RCODE } from './wire.ts';

const MAX_CONNECTIONS = 64;
const IDLE_MS = 10_000;

interface DnsServerOptions {
  /** Bound sockets at 127.0.0.11:53 in a container's network namespace; the server owns and closes them. */
  readonly udpFd?: number;
  readonly tcpFd?: number;
  /** The networks whose names the container sees at present. */
  readonly scope: () => readonly string[];
  /** Servers for names that aren't ours, at present; none: SERVFAIL. */
  readonly upstreams: () => readonly string[];
  readonly names: NameTable;
  /** The container's own names, in lower case, for names in the table; they take precedence over those. */
  readonly links?: () => ReadonlyMap<string, string>;
  readonly forwarder: Forwarder;
  readonly random: () => number;
}

/**
 * Serves one container. Resolves when both sockets are being read; if one of them can't be, both are closed and this
 * rejects.
 */
export async function serveDns(options: DnsServerOptions): Promise<Closable> {
  const { scope, names, links, random, udpFd, tcpFd } = options;

  const asker: Asker = { pending: 0 };

  async function ask(query: Query, transport: 'udp' | 'tcp'): Promise<Buffer> {
    const servers = options.upstreams();
    const answer = await options.forwarder.forward(query.bytes, servers, transport, asker);
    return answer ?? buildResponse(query, RCODE.serverFailure, [], transport);
  }

  const handle: Handler = (bytes, transport) => {
    const decision: Decision = decide(bytes, scope(), names, transport, random, links?.());
    if (decision.kind === 'answer') return decision.bytes;
    if (decision.kind !== 'forward') return undefined;
    // dgram may reuse a datagram's memory once this returns.
    return ask({ ...decision.query, bytes: Buffer.from(decision.query.bytes) }, transport);
  };

  const results = await Promise.allSettled([
    ...(udpFd === undefined ? [] : [serveUdp(udpFd, handle)]),
    ...(tcpFd === undefined ? [] : [serveTcp(tcpFd, handle)]),
  ]);
  const servers = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const close = async () => void (await Promise.all(servers.map((server) => server.close())));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return { close };
  await close();
  throw failed.reason;
}

interface Closable {
  close(): Promise<void>;
}

/** The answer to a query, or undefined when there is none to give. */
type Handler = (bytes: Buffer, transport: 'udp' | 'tcp') => Buffer | Promise<Buffer> | undefined;

async function serveUdp(fd: number, handle: Handler): Promise<Closable> {
  const udp = createSocket('udp4');
  let closed = false;
  // Errors here concern single datagrams (a client that is gone); the socket remains usable.
  udp.on('error', ignore);
  udp.on('message', (bytes, from) => {
    const answer = handle(bytes, 'udp');
    if (answer instanceof Promise)
      void answer.then((later) => {
        if (!closed) udp.send(later, from.port, from.address, ignore);
      });
    else if (answer) udp.send(answer, from.port, from.address, ignore);
  });
  const close = () =>
    new Promise<void>((resolve) => {
      closed = true;
      udp.close(() => resolve());
    });
  try {
    await receiveOn(udp, fd);
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

async function serveTcp(fd: number, handle: Handler): Promise<Closable> {
  const connections = new Set<Socket>();
  const tcp = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    serveConnection(socket, (bytes) => handle(bytes, 'tcp'));
  });
  tcp.maxConnections = MAX_CONNECTIONS;
  tcp.on('error', ignore);
  await listenOn(tcp, fd);
  return {
    close: () =>
      new Promise((resolve) => {
        for (const socket of connections) socket.destroy();
        tcp.close(() => resolve());
      }),
  };
}

const ignore = () => {};

/** RFC 1035 §4.2.2: each message after its length. Queries of one connection are answered in order. */
function serveConnection(
  socket: Socket,
  handle: (bytes: Buffer) => Buffer | Promise<Buffer> | undefined,
): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  const pump = async () => {
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      const query = Buffer.from(rest.subarray(2, end));
      rest = rest.subarray(end);
      const answer = await handle(query);
      if (!answer) return void socket.destroy();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      if (!socket.destroyed) socket.write(Buffer.concat([length, answer]));
    }
    socket.resume();
  };
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    // So that a client's half-close is also handled after the answers to everything it asked before.
    socket.pause();
    void pump();
  });
}
