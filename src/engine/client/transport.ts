import { setMaxListeners } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { TcomposeError } from '../../errors.ts';
import { apiError } from './api-failure.ts';
import { describeEndpoint, type Endpoint } from './endpoint.ts';

type QueryValue = string | number | boolean | undefined;

interface ApiRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path without the version prefix, e.g. `/containers/json`. */
  readonly path: string;
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly json?: unknown;
  readonly body?: Readable | Buffer;
  readonly contentType?: string;
  /** Additional headers. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** The request may be repeated if the connection broke before an answer. Default: GET and HEAD. */
  readonly idempotent?: boolean;
  /** The request continues a stream that broke: an engine that has ended is not started for it. */
  readonly resumes?: boolean;
}

/** The answer to a hijacked request: the raw connection, and the bytes that came with the headers. */
export interface Hijacked {
  readonly socket: Socket;
  readonly head: Buffer;
  readonly multiplexed: boolean | undefined;
}

export interface Transport {
  readonly endpoint: Endpoint;
  /** Put before every path, e.g. `/v1.41`; set after negotiation. */
  prefix: string;
  /** Sends a request; the answer's body is unread. Throws ENGINE_API for a status ≥ 400. */
  send(request: ApiRequest): Promise<IncomingMessage>;
  /** Sends a request and parses a JSON answer (undefined for an empty one). */
  json<T>(request: ApiRequest): Promise<T>;
  /** Takes over the connection (attach, exec start): HTTP/1.1 upgrade to `tcp`. */
  hijack(request: ApiRequest): Promise<Hijacked>;
  close(): void;
}

interface TransportOptions {
  /**
   * Called when the connection was refused or broke before the first byte of an answer: makes the engine reachable
   * again, or throws. If absent, such failures are errors at once.
   */
  readonly revive?: (failure: NodeJS.ErrnoException, attempt: number) => Promise<void>;
  /** The same for a request that continues a stream: waits for an engine that restarts by itself. Throws when none does. */
  readonly await?: (failure: NodeJS.ErrnoException, attempt: number) => Promise<void>;
}

const NOTHING_SENT = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTDIR']);
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);
const ATTEMPTS = 5;

/** HTTP/1.1 over a unix socket or TCP, with connections kept alive between requests. */
export function createTransport(endpoint: Endpoint, transportOptions: TransportOptions = {}): Transport {
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo' });
  const sockets = new Set<Socket>();
  const address =
    endpoint.kind === 'unix' ? { socketPath: endpoint.path } : { host: endpoint.host, port: endpoint.port };

  const once = (asked: ApiRequest, upgrade: boolean) =>
    new Promise<IncomingMessage | Hijacked>((resolve, reject) => {
      const payload = asked.json === undefined ? asked.body : Buffer.from(JSON.stringify(asked.json));
      const headers: Record<string, string | number> = { ...asked.headers, Host: 'engine' };
      if (asked.json !== undefined) headers['Content-Type'] = 'application/json';
      else if (asked.contentType !== undefined) headers['Content-Type'] = asked.contentType;
      if (Buffer.isBuffer(payload)) headers['Content-Length'] = payload.length;
      else if (payload === undefined && asked.method === 'POST') headers['Content-Length'] = 0;
      if (upgrade) Object.assign(headers, { Connection: 'Upgrade', Upgrade: 'tcp' });
      const options: RequestOptions & { servername: string } = {
        ...address,
        agent: upgrade ? false : agent,
        // Set explicitly: otherwise the agent derives it from the Host header, which costs milliseconds the first time.
        servername: '',
        method: asked.method ?? 'GET',
        path: transport.prefix + asked.path + queryString(asked.query),
        headers,
        ...(asked.signal === undefined ? {} : { signal: asked.signal }),
      };
      // Every request of a plan adds a listener; Node takes more than ten for a leak, and warns on the terminal.
      if (asked.signal !== undefined) setMaxListeners(0, asked.signal);
      const outgoing = httpRequest(options);
      outgoing.on('error', reject);
      outgoing.on('response', resolve);
      outgoing.on('upgrade', (answer, socket: Socket, head) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        const type = answer.headers['content-type'] ?? '';
        resolve({
          socket,
          head,
          multiplexed: type.includes('multiplexed') ? true : undefined,
        });
      });
      if (payload === undefined || Buffer.isBuffer(payload)) outgoing.end(payload);
      else payload.on('error', (error) => outgoing.destroy(error)).pipe(outgoing);
    });

  const attempt = async (asked: ApiRequest, upgrade: boolean) => {
    const repeatable = isRepeatable(asked);
    for (let tries = 1; ; tries++) {
      try {
        return await once(asked, upgrade);
      } catch (error) {
        const failure = error as NodeJS.ErrnoException;
        if (asked.signal?.aborted === true) throw error;
        const unsent = NOTHING_SENT.has(failure.code ?? '') || undelivered(failure, asked);
        const broken = BROKEN.has(failure.code ?? '');
        const retry = (unsent || (broken && repeatable && !isStream(asked.body))) && tries < ATTEMPTS;
        const again = asked.resumes === true ? transportOptions.await : transportOptions.revive;
        if (!retry || again === undefined) throw unreachable(endpoint, asked, failure, unsent);
        await again(failure, tries);
      }
    }
  };

  const transport: Transport = {
    endpoint,
    prefix: '',
    async send(asked) {
      const answer = (await attempt(asked, false)) as IncomingMessage;
      if ((answer.statusCode ?? 500) < 400) return answer;
      throw apiError(answer.statusCode ?? 500, nameOf(asked), await readText(answer));
    },
    async json<T>(asked: ApiRequest) {
      for (let tries = 1; ; tries++) {
        const answer = await transport.send(asked);
        try {
          const text = await readText(answer);
          return (text === '' ? undefined : JSON.parse(text)) as T;
        } catch (error) {
          const failure = error as NodeJS.ErrnoException;
          if (!BROKEN.has(failure.code ?? '')) throw error;
          // The headers came but the body did not, for example because the engine died during a wait.
          if (!isRepeatable(asked) || tries >= ATTEMPTS) throw unreachable(endpoint, asked, failure, false);
        }
      }
    },
    async hijack(asked) {
      const answer = await attempt(asked, true);
      if ('socket' in answer && 'head' in answer) return answer as Hijacked;
      const refused = answer as IncomingMessage;
      const status = refused.statusCode ?? 500;
      if (status >= 400) throw apiError(status, nameOf(asked), await readText(refused));
      // Old engines answer 200 and continue with the raw stream on the same connection.
      sockets.add(refused.socket);
      const type = refused.headers['content-type'] ?? '';
      return {
        socket: refused.socket,
        head: Buffer.alloc(0),
        multiplexed: type.includes('multiplexed') ? true : undefined,
      };
    },
    close() {
      agent.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
  return transport;
}

/**
 * A write that fails with EPIPE found the other end closed: the complete request never arrived, so the engine can't
 * have acted on it. A kept connection to an engine that died meanwhile fails like this: in the kernel, or, if its end
 * was read already, in Node, whose error names no system call.
 */
const undelivered = (failure: NodeJS.ErrnoException, asked: ApiRequest) =>
  failure.code === 'EPIPE' && (failure.syscall ?? 'write') === 'write' && !isStream(asked.body);

/** Whether it may be sent again after the connection broke. */
const isRepeatable = (asked: ApiRequest) =>
  asked.idempotent ?? (asked.method === undefined || /^(GET|HEAD)$/.test(asked.method));

const isStream = (body: ApiRequest['body']) => body !== undefined && !Buffer.isBuffer(body);
const nameOf = (asked: ApiRequest) => `${asked.method ?? 'GET'} ${asked.path}`;

/** Reads a whole body as UTF-8. */
export async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function queryString(query: ApiRequest['query']): string {
  if (query === undefined) return '';
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function unreachable(
  endpoint: Endpoint,
  asked: ApiRequest,
  failure: NodeJS.ErrnoException,
  unsent: boolean,
): TcomposeError {
  const place = describeEndpoint(endpoint);
  if (failure.code?.startsWith('HPE_'))
    return new TcomposeError(
      'ENGINE_UNREACHABLE',
      `what answers at ${place} is not an engine: it does not speak HTTP`,
      {
        cause: failure,
        hint: 'Is DOCKER_HOST right?',
      },
    );
  if (failure.code === 'EACCES' || failure.code === 'EPERM')
    return new TcomposeError('ENGINE_UNREACHABLE', `no permission to talk to the engine at ${place}`, {
      cause: failure,
      hint: 'Run as root, or as a member of the group that owns the socket.',
    });
  const why = unsent ? 'no engine answers' : `the engine's connection broke during ${nameOf(asked)}`;
  return new TcomposeError('ENGINE_UNREACHABLE', `${why} at ${place}: ${failure.message}`, {
    cause: failure,
    hint: unsent
      ? 'Is it running, and is DOCKER_HOST right?'
      : 'The request may or may not have been carried out; run the command again: it continues from the current state.',
  });
}
