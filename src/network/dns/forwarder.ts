import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';

const PORT = 53;
/** Milliseconds in which all servers are asked, before a libc resolver gives up (5 s). */
const TIMEOUT_MS = 4500;
const MAX_PENDING = 4096;
/** Most pending queries of one container. Docker's name server accepts 1024. */
const MAX_PENDING_EACH = 512;
/** What a container may have even when others have used up the total. */
const ALWAYS_PENDING = 16;
const RCODE_SERVFAIL = 2;
const RCODE_REFUSED = 5;
/** Milliseconds after which an idle socket is closed, so that source ports change. */
const SOCKET_IDLE_MS = 10_000;

/** The source of queries: one for each container, so that none can use up the total. */
export interface Asker {
  /** Unanswered queries, counted by the forwarder. */
  pending: number;
}

export interface Forwarder {
  /**
   * Asks the servers in turn, continuing when one is silent, or answers SERVFAIL or REFUSED. Undefined when none gave a
   * better answer, or at once when the asker, or all together, have too many pending queries. The answer has the
   * query's id.
   */
  forward(
    query: Buffer,
    servers: readonly string[],
    transport: 'udp' | 'tcp',
    asker: Asker,
  ): Promise<Buffer | undefined>;
  close(): void;
}

interface Pending {
  readonly question: Buffer;
  readonly settle: (answer: Buffer | undefined) => void;
}

interface Upstream {
  readonly socket: Socket;
  /** Never settles when connecting fails: `drop` notifies those who wait. */
  readonly connected: Promise<void>;
  readonly pending: Map<number, Pending>;
  idle: NodeJS.Timeout | undefined;
}

/** `port` and `timeoutMs` (for one server) are for tests with their own servers. */
export function createForwarder(options: { port?: number; timeoutMs?: number } = {}): Forwarder {
  const port = options.port ?? PORT;
  const upstreams = new Map<string, Upstream>();
  const tcpSockets = new Set<{ destroy(): void }>();
  let pendingCount = 0;
  let closed = false;

  function drop(server: string): void {
    const upstream = upstreams.get(server);
    if (!upstream) return;
    upstreams.delete(server);
    clearTimeout(upstream.idle);
    for (const { settle } of [...upstream.pending.values()]) settle(undefined);
    upstream.socket.close();
  }

  function open(server: string): Upstream {
    const known = upstreams.get(server);
    if (known) return known;
    const socket = createSocket(isIPv6(server.split('%')[0]!) ? 'udp6' : 'udp4');
    const connected = new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    const upstream: Upstream = { socket, connected, pending: new Map(), idle: undefined };
    socket.on('message', (bytes, from) => {
      if (bytes.length < 12 || from.port !== port) return;
      const waiting = upstream.pending.get(bytes.readUInt16BE(0));
      if (waiting && sameQuestion(waiting.question, bytes)) waiting.settle(bytes);
    });
    socket.on('error', () => drop(server));
    // Connected, so that the kernel drops packets from others and reports a closed port at once.
    socket.connect(port, server);
    socket.unref();
    upstreams.set(server, upstream);
    return upstream;
  }

  function askUdp(query: Buffer, server: string, timeoutMs: number): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      const upstream = open(server);
      let id = randomInt(65536);
      while (upstream.pending.has(id)) id = (id + 1) & 0xffff;
      const copy = Buffer.from(query);
      copy.writeUInt16BE(id, 0);
      const settle = (answer: Buffer | undefined) => {
        clearTimeout(timer);
        if (!upstream.pending.delete(id)) return;
        clearTimeout(upstream.idle);
        if (upstream.pending.size === 0) {
          upstream.idle = setTimeout(() => drop(server), SOCKET_IDLE_MS).unref();
        }
        resolve(answer);
      };
      const timer = setTimeout(() => settle(undefined), timeoutMs);
      clearTimeout(upstream.idle);
      upstream.pending.set(id, { question: query, settle });
      void upstream.connected.then(() => {
        if (!upstream.pending.has(id)) return;
        upstream.socket.send(copy, (error) => {
          if (error) settle(undefined);
        });
      });
    });
  }

  function askTcp(query: Buffer, server: string, timeoutMs: number): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connect({ host: server, port });
      tcpSockets.add(socket);
      const settle = (answer: Buffer | undefined) => {
        clearTimeout(timer);
        socket.destroy();
        tcpSockets.delete(socket);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(undefined), timeoutMs);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.length);
      socket.write(Buffer.concat([length, query]));
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        const all = Buffer.concat(chunks);
        if (all.length < 14 || all.length < 2 + all.readUInt16BE(0)) return;
        const answer = all.subarray(2, 2 + all.readUInt16BE(0));
        settle(sameQuestion(query, answer) ? answer : undefined);
      });
      socket.on('error', () => settle(undefined));
      socket.on('close', () => settle(undefined));
    });
  }

  return {
    async forward(query, servers, transport, asker) {
      const most = pendingCount < MAX_PENDING ? MAX_PENDING_EACH : ALWAYS_PENDING;
      if (closed || asker.pending >= most) return undefined;
      pendingCount++;
      asker.pending++;
      try {
        const timeoutMs = options.timeoutMs ?? TIMEOUT_MS / servers.length;
        const askOne = transport === 'udp' ? askUdp : askTcp;
        for (const server of servers) {
          const answer = await askOne(query, server, timeoutMs);
          if (closed) return undefined;
          const code = answer && answer[3]! & 0x0f;
          if (!answer || code === RCODE_SERVFAIL || code === RCODE_REFUSED) continue;
          const own = Buffer.from(answer);
          query.copy(own, 0, 0, 2);
          return own;
        }
        return undefined;
      } finally {
        pendingCount--;
        asker.pending--;
      }
    },
    close() {
      closed = true;
      for (const server of [...upstreams.keys()]) drop(server);
      for (const socket of tcpSockets) socket.destroy();
    },
  };
}

/** An answer repeats the question; the case of letters may differ. Answers without the question are accepted too. */
function sameQuestion(query: Buffer, answer: Buffer): boolean {
  if ((answer[2]! & 0x80) === 0) return false;
  if (answer.readUInt16BE(4) === 0) return true;
  let at = 12;
  while (at < query.length && query[at] !== 0) at += 1 + query[at]!;
  const end = at + 5;
  if (answer.length < end) return false;
  return query.toString('latin1', 12, end).toLowerCase() === answer.toString('latin1', 12, end).toLowerCase();
}
