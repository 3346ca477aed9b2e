import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { badParameter } from './failure.ts';
import type { StreamWriter } from './stream-writer.ts';
import { compareVersions } from './versions.ts';

/** Longest JSON body; tar streams are not read through this. */
const maxJsonBody = 4 * 1024 * 1024;

export const rawStream = 'application/vnd.docker.raw-stream';
export const multiplexedStream = 'application/vnd.docker.multiplexed-stream';

/** Media type of a container's output: raw with a terminal; multiplexed frames have a type of their own since API 1.42. */
export function outputType(version: string, tty: boolean): string {
  return tty || compareVersions(version, '1.42') < 0 ? rawStream : multiplexedStream;
}

/**
 * One request and its answer, however it arrived: as an ordinary request, or as one with `Upgrade` whose socket Node
 * has released. Exactly one of send/stream/hijack answers it.
 */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  /** The parameters that the route declares (declared.ts). */
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  /** API version in use, `1.47`. */
  readonly version: string;
  readonly headers: IncomingMessage['headers'];
  /** The request's body as bytes, for tar uploads. */
  readonly body: Readable;
  /** Aborted when the client disconnects before the answer is complete. */
  readonly signal: AbortSignal;
  /** Parsed JSON body, in the form that the route declares; `{}` for an empty one. Throws ENGINE_BAD_PARAMETER. */
  json<T>(): Promise<T>;
  /** Answers with JSON (or nothing, for undefined). */
  send(status: number, value?: unknown, headers?: Record<string, string>): void;
  /** Starts an answer of unknown length; headers are sent at once. */
  stream(status: number, contentType: string, headers?: Record<string, string>): StreamWriter;
  /**
   * Takes over the connection: 101 with `Upgrade: tcp` if requested, else 200 and raw bytes. What is written to it is
   * sent only after the client has read the answer's head: a client that reads the head through a buffer would lose the
   * bytes that arrive with it. `subject` is the id of the container it is about; the number of streams about one
   * container is limited.
   */
  hijack(contentType: string, subject?: string): Hijacked;
  /**
   * Hands the connection to another protocol, which the request has to name in `Upgrade`: 101, and the socket as it is.
   * To be called before anything is awaited. Throws ENGINE_BAD_PARAMETER.
   */
  takeOver(protocol: string): Socket;
}

export interface Hijacked {
  /** The client's bytes: its stdin. */
  readonly input: Readable;
  readonly output: StreamWriter;
}

/** Collects a stream of at most `limit` bytes. */
async function collect(stream: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size > limit) throw badParameter(`the request body is longer than ${limit} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Parses a JSON body; Docker's clients send `null` or nothing for "no body". */
function parseJsonBody<T>(bytes: Buffer): T {
  if (bytes.length === 0) return {} as T;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw badParameter(`invalid JSON in the request body: ${(cause as Error).message}`);
  }
  if (value === null) return {} as T;
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw badParameter('the request body is not a JSON object');
  }
  return value as T;
}

/** Reads a body to its end. Throws 400 when it is too long or not JSON. */
export async function readJson<T>(stream: Readable): Promise<T> {
  return parseJsonBody<T>(await collect(stream, maxJsonBody));
}
