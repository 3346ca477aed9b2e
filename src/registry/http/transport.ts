import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { chooseProxy, isSocks, proxyAuthorization } from '../proxy/choose-proxy.ts';
import type { ProxySettings } from '../proxy/proxy-settings.ts';
import { faultError, faultOf, type TransportFault } from './fault.ts';
import { guardedBody } from './guarded-body.ts';
import { openSocket, type Timeouts, type Way } from './open-socket.ts';

export interface OutgoingRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes, or a stream that can be used once. `length` undefined: sent in chunks. */
  readonly body?: Uint8Array | { readonly stream: AsyncIterable<Uint8Array>; readonly length?: number };
  readonly signal: AbortSignal;
  readonly proxies: ProxySettings;
  readonly timeouts: Timeouts;
}

/** An answer's head, and its body, which must be read to the end or discarded. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Where it came from, after redirects. */
  readonly url: URL;
  /** To be iterated once; errors carry a fault. */
  readonly body: AsyncGenerator<Buffer>;
  /** Discards the body. Idempotent. */
  discard(): void;
}

export type Sent =
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly fault: TransportFault };

/** The certificate settings of an origin; looked up for each request, so that a change of files applies at once. */
export type TrustOf = (
  origin: URL,
  attempt: 'first' | 'all',
) => Pick<Way, 'verify' | 'context'> & { readonly key: string };

/** Sends requests over connections that are kept for later ones. */
export interface Transport {
  /**
   * One request and its answer, without following redirects. Never rejects because of the network. @throws
   * TcomposeError REGISTRY_PROXY
   */
  send(outgoing: OutgoingRequest): Promise<Sent>;
  close(): void;
}

/** Milliseconds for which an idle connection is kept. */
const idleMs = 15_000;
/** Most ways to remember; the least recently used one is dropped. */
const mostAgents = 64;

class WayAgent extends Agent {
  readonly #open: () => Promise<Socket>;

  constructor(open: () => Promise<Socket>) {
    super({ keepAlive: true, maxFreeSockets: 16, timeout: idleMs });
    this.#open = open;
  }

  override createConnection(
    _options: object,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    this.#open().then(
      (socket) => callback?.(null, socket),
      // Node's own agents omit the socket, too.
      (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
  }
}

export function createTransport(trustOf: TrustOf): Transport {
  const agents = new Map<string, WayAgent>();

  function agentFor(way: Way, key: string, timeouts: Timeouts): WayAgent {
    const known = agents.get(key);
    agents.delete(key);
    // The time limit for a request's answer does not apply to the proxy's answer.
    const agent = known ?? new WayAgent(() => openSocket(way, { ...timeouts, answerMs: timeouts.stallMs }));
    agents.set(key, agent);
    for (const [other, old] of agents) {
      if (agents.size <= mostAgents) break;
      agents.delete(other);
      old.destroy();
    }
    return agent;
  }

  async function sendOnce(outgoing: OutgoingRequest, attempt: 'first' | 'all'): Promise<Sent> {
    const { url, proxies, timeouts } = outgoing;
    const origin = new URL(url.origin);
    const proxy = chooseProxy(url, proxies);
    const { key, ...trust } = trustOf(origin, attempt);
    const { connectMs, handshakeMs, stallMs } = timeouts;
    const name = JSON.stringify([origin.href, proxy?.url.href, key, connectMs, handshakeMs, stallMs]);
    const agent = agentFor({ origin, proxy, ...trust }, name, timeouts);
    // Plain http through a proxy has the whole address in the request line (RFC 9112, 3.2.2).
    const whole = proxy !== undefined && url.protocol === 'http:' && !isSocks(proxy);
    const authorization = whole ? proxyAuthorization(proxy) : undefined;
    return await exchange(outgoing, {
      agent,
      path: whole ? `${url.origin}${url.pathname}${url.search}` : `${url.pathname}${url.search}`,
      extra: authorization === undefined ? {} : { 'proxy-authorization': authorization },
    });
  }

  return {
    async send(outgoing) {
      const sent = await sendOnce(outgoing, 'first');
      // Node's own authorities did not suffice: those of the machine are read and tried, too.
      if (sent.ok || sent.fault.kind !== 'certificate') return sent;
      return await sendOnce(outgoing, 'all');
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

interface Line {
  readonly agent: Agent;
  readonly path: string;
  readonly extra: Readonly<Record<string, string>>;
}

async function exchange(outgoing: OutgoingRequest, line: Line): Promise<Sent> {
  if (outgoing.signal.aborted) return { ok: false, fault: { kind: 'aborted' } };
  for (let again = true; ; again = false) {
    const asked = ask(outgoing, line);
    const sent = await asked.sent;
    // A kept connection may have been closed meanwhile: a request without a body is simply repeated.
    const stale = !sent.ok && sent.fault.kind === 'reset' && asked.request.reusedSocket;
    if (!stale || !again || outgoing.body !== undefined) return sent;
  }
}

function ask(
  outgoing: OutgoingRequest,
  line: Line,
): { readonly request: ClientRequest; readonly sent: Promise<Sent> } {
  const { method, url, headers, body, signal, timeouts } = outgoing;
  const bytes = body instanceof Uint8Array ? body : undefined;
  const length = body === undefined ? undefined : body instanceof Uint8Array ? body.length : body.length;
  const asked = request({
    method,
    agent: line.agent,
    host: url.hostname,
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: line.path,
    headers: {
      host: url.host,
      ...headers,
      ...line.extra,
      ...(length === undefined ? {} : { 'content-length': String(length) }),
    },
  });
  const sent = new Promise<Sent>((resolve) => {
    const limit = timeouts.connectMs + timeouts.handshakeMs + timeouts.answerMs;
    let timer: NodeJS.Timeout | undefined;
    const late = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => fail({ kind: 'timeout', phase: 'answer', ms }), ms);
    };
    const fail = (fault: TransportFault): void => {
      finish();
      asked.destroy();
      resolve({ ok: false, fault });
    };
    const onAbort = (): void => fail({ kind: 'aborted' });
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    late(limit);
    asked.on('error', (error) => fail(faultOf(error)));
    asked.on('response', (message) => {
      finish();
      resolve({ ok: true, answer: answerOf(message, asked, outgoing) });
    });
    if (body === undefined || bytes !== undefined) asked.end(bytes);
    else {
      const { stream } = body as { readonly stream: AsyncIterable<Uint8Array> };
      // Each piece that is taken is a sign of life.
      pump(stream, asked, () => late(timeouts.stallMs)).then(
        () => late(timeouts.answerMs),
        (error: unknown) => fail(faultOf(error)),
      );
    }
  });
  return { request: asked, sent };
}

/** Sends a body no faster than it is accepted. */
async function pump(
  stream: AsyncIterable<Uint8Array>,
  asked: ClientRequest,
  alive: () => void,
): Promise<void> {
  for await (const chunk of stream) {
    if (asked.destroyed) return;
    alive();
    if (!asked.write(chunk)) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          asked.off('drain', done).off('close', done);
          resolve();
        };
        asked.on('drain', done).on('close', done);
      });
    }
  }
  if (!asked.destroyed) asked.end();
}

function answerOf(message: IncomingMessage, asked: ClientRequest, outgoing: OutgoingRequest): Answer {
  const { signal, url, timeouts } = outgoing;
  const onAbort = (): void => {
    message.destroy(faultError({ kind: 'aborted' }));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  message.once('close', () => signal.removeEventListener('abort', onAbort));
  message.on('error', () => undefined);
  let taken = false;
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    url,
    body: guardedBody(message, timeouts.stallMs),
    discard() {
      if (taken) return;
      taken = true;
      // A short rest is read, so that the connection can be reused; a long one is not worth it.
      const rest = Number(message.headers['content-length'] ?? Number.NaN);
      if (outgoing.method === 'HEAD' || rest <= 65_536) {
        const timer = setTimeout(() => asked.destroy(), 2000);
        message.once('close', () => clearTimeout(timer));
        message.resume();
      } else asked.destroy();
    },
  };
}
