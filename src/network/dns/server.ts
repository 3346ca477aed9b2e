import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { type Decision, decide } from './answer.ts';
import type { Forwarder } from './forwarder.ts';
import type { NameTable } from './names.ts';
import { buildResponse, type Query, RCODE } from './wire.ts';

const MAX_CONNECTIONS = 64;
const IDLE_MS = 10_000;

interface DnsServerOptions {
  /** Bound sockets at 127.0.0.11:53 in a container's network namespace; owned and closed by the server. */
  readonly udpFd?: number;
  readonly tcpFd?: number;
  /** The networks whose names the container sees, as of this moment. */
  readonly scope: () => readonly string[];
  /** Servers for names that aren't ours, as of this moment; none: SERVFAIL. */
  readonly upstreams: () => readonly string[];
  readonly names: NameTable;
  /** Names of the container's own, in lower case, for names of the table; they go before those. */
  readonly links?: ReadonlyMap<string, string>;
  readonly forwarder: Forwarder;
  readonly random: () => number;
}

/** Serves one container. Resolves when both sockets are being read. */
export async function serveDns(options: DnsServerOptions): Promise<{ close(): Promise<void> }> {
  const { scope, names, links, random } = options;

  async function ask(query: Query, transport: 'udp' | 'tcp'): Promise<Buffer> {
    const servers = options.upstreams();
    const answer = await options.forwarder.forward(query.bytes, servers, transport);
    return answer ?? buildResponse(query, RCODE.serverFailure, [], transport);
  }

  const closers: (() => Promise<void>)[] = [];
  if (options.udpFd !== undefined) {
    const udp = createSocket('udp4');
    // Errors here are about single datagrams (a client that is gone); the socket stays good.
    udp.on('error', () => {});
    udp.on('message', (bytes, from) => {
      const decision: Decision = decide(bytes, scope(), names, 'udp', random, links);
      if (decision.kind === 'answer') udp.send(decision.bytes, from.port, from.address, ignore);
      else if (decision.kind === 'forward') {
        // The datagram's memory is dgram's to reuse once this returns.
        const query = { ...decision.query, bytes: Buffer.from(bytes) };
        void ask(query, 'udp').then((answer) => {
          if (!closed) udp.send(answer, from.port, from.address, ignore);
        });
      }
    });
    let closed = false;
    closers.push(
      () =>
        new Promise((resolve) => {
          closed = true;
          udp.close(() => resolve());
        }),
    );
    const fd = options.udpFd;
    await new Promise<void>((resolve) => udp.bind({ fd }, resolve));
  }

  if (options.tcpFd !== undefined) {
    const connections = new Set<Socket>();
    const tcp = createServer((socket) => {
      connections.add(socket);
      socket.on('close', () => connections.delete(socket));
      serveConnection(socket, (bytes) => {
        const decision = decide(bytes, scope(), names, 'tcp', random, links);
        if (decision.kind === 'answer') return decision.bytes;
        return decision.kind === 'forward' ? ask(decision.query, 'tcp') : undefined;
      });
    });
    tcp.maxConnections = MAX_CONNECTIONS;
    tcp.on('error', () => {});
    closers.push(
      () =>
        new Promise((resolve) => {
          for (const socket of connections) socket.destroy();
          tcp.close(() => resolve());
        }),
    );
    const fd = options.tcpFd;
    await new Promise<void>((resolve) => tcp.listen({ fd }, resolve));
  }

  return { close: async () => void (await Promise.all(closers.map((close) => close()))) };
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
    // So a client's end of its half, too, comes after the answers to all it asked before.
    socket.pause();
    void pump();
  });
}
