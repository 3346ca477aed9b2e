import { setTimeout as sleep } from 'node:timers/promises';
import { TcomposeError } from '../../errors.ts';
import type { Descriptor } from '../../image/ingest-types.ts';
import { bareType } from '../content/media-types.ts';
import { faultOf, type TransportFault } from '../http/fault.ts';
import { decoded } from '../http/guarded-body.ts';
import { unreachable } from '../http/refusal.ts';
import { type Session, setbackOf } from '../http/session.ts';
import type { Answer } from '../http/transport.ts';
import type { Registry } from '../registry.ts';
import { readRangeAnswer } from './content-range.ts';
import { isProgress, type Setback } from './retry.ts';

/** Where the bytes of a blob go; the part of the image store's BlobWriter that a transfer uses. */
export interface BlobSink {
  readonly offset: number;
  write(chunk: Uint8Array): Promise<void>;
  restart(): Promise<void>;
}

export interface BlobPlace {
  /** `library/app`. */
  readonly path: string;
  readonly descriptor: Descriptor;
  /** The image that it belongs to, for messages. */
  readonly what: string;
  readonly scopes: readonly string[];
  readonly signal: AbortSignal;
  /** The first content did not match its digest: mirrors are not asked, and an encoding is taken to be the blob's own. */
  readonly again?: boolean;
  /** Called before each wait. */
  readonly waiting?: (ms: number, why: string) => void;
}

/** Milliseconds of pause before a transfer that had made progress continues. */
const shortPause = 100;

/**
 * Fills a sink with a blob, continuing after what it has. A transfer that breaks, stalls or ends early is resumed by a
 * range if the server supports ranges, and otherwise started again, until eight consecutive attempts have made no
 * progress. The bytes are not verified.
 * @throws TcomposeError REGISTRY_UNREACHABLE, REGISTRY_NOT_FOUND, REGISTRY_CONTENT, …; errors of the sink
 */
export async function downloadBlob(registry: Registry, place: BlobPlace, sink: BlobSink): Promise<void> {
  if (sink.offset >= place.descriptor.size) return;
  if (place.again) await fill(registry.main, place, sink);
  else await registry.across((session) => fill(session, place, sink));
}

async function fill(session: Session, place: BlobPlace, sink: BlobSink): Promise<void> {
  const { descriptor, signal } = place;
  let failures = 0;
  let highest = sink.offset;
  let ranges = true;
  while (sink.offset < descriptor.size) {
    // A server without support for ranges sends everything again.
    if (!ranges && sink.offset > 0) await sink.restart();
    const outcome = await attempt(session, place, sink);
    if (outcome.kind === 'no-range') {
      ranges = false;
      continue;
    }
    if (outcome.kind === 'done') break;
    const got = isProgress(highest, sink.offset, descriptor.size);
    failures = got ? 0 : failures + 1;
    if (got) highest = sink.offset;
    const failed = (freeInMs?: number): TcomposeError => outcome.error(failures, freeInMs);
    if (got) await sleep(shortPause, undefined, { signal }).catch(() => undefined);
    else await session.waitAfter(outcome.setback, failures, signal, failed, { told: place.waiting });
    if (signal.aborted) throw failed();
  }
}

type Outcome =
  | { readonly kind: 'done' }
  /** The server can't send only the rest. */
  | { readonly kind: 'no-range' }
  | {
      readonly kind: 'broken';
      readonly setback: Setback;
      readonly error: (tries: number, freeInMs?: number) => TcomposeError;
    };

async function attempt(session: Session, place: BlobPlace, sink: BlobSink): Promise<Outcome> {
  const { path, descriptor, what, scopes, signal } = place;
  const from = sink.offset;
  const reply = await session.ask({
    method: 'GET',
    path: `${path}/blobs/${descriptor.digest}`,
    scopes,
    headers: from > 0 ? { range: `bytes=${from}-` } : {},
    verified: true,
    signal,
  });
  const broken = (fault: TransportFault): Outcome => ({
    kind: 'broken',
    setback: { kind: 'network' },
    error: (tries) =>
      unreachable(signal.aborted ? { kind: 'aborted' } : fault, session.errand(what, 'pull'), tries),
  });
  const setback = setbackOf(reply, session.now());
  if (!reply.ok) {
    if (setback === undefined) throw unreachable(reply.fault, session.errand(what, 'pull'));
    return broken(reply.fault);
  }
  const { answer } = reply;
  if (setback !== undefined) return await refused(session, answer, place, setback);
  // An object store's address is only valid for some minutes: the registry is asked for another.
  if (reply.away && answer.status >= 400 && answer.status !== 416) {
    const { status } = answer;
    return await refused(session, answer, place, { kind: 'status', status, retryAfterMs: undefined });
  }
  if (![200, 206, 416].includes(answer.status))
    throw await session.refusal(answer, what, 'pull', { blob: descriptor.digest });
  const range = readRangeAnswer(answer.status, answer.headers['content-range'], {
    offset: from,
    size: descriptor.size,
  });
  if (range.kind === 'other-size') {
    answer.discard();
    throw content(session, place, `it has ${range.total} bytes there and not ${descriptor.size}`);
  }
  if (range.kind === 'unusable') {
    answer.discard();
    if (from > 0) return { kind: 'no-range' };
    throw content(session, place, range.why);
  }
  const start = from - range.skip;
  const body = bodyOf(session, answer, place, start);
  // A body that can't be longer is read to its end, so that its connection can be reused.
  const exact = Number(answer.headers['content-length'] ?? Number.NaN) === descriptor.size - start;
  return await take(body, { skip: range.skip, size: descriptor.size, exact }, sink, broken);
}

async function refused(
  session: Session,
  answer: Answer,
  { what, descriptor }: BlobPlace,
  setback: Setback,
): Promise<Outcome> {
  const first = await session.refusal(answer, what, 'pull', { blob: descriptor.digest });
  return {
    kind: 'broken',
    setback,
    error: (_tries, freeInMs) =>
      freeInMs === undefined
        ? first
        : new TcomposeError(first.code, `${first.message} (free again in ${Math.ceil(freeInMs / 1000)} s)`, {
            ...(first.hint === undefined ? {} : { hint: first.hint }),
          }),
  };
}

/** The bytes of an answer that starts at `start`. */
function bodyOf(session: Session, answer: Answer, place: BlobPlace, start: number): AsyncGenerator<Buffer> {
  const { headers } = answer;
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  const expected = place.descriptor.size - start;
  const whole = length === expected || place.again === true;
  if (!whole && bareType(headers['content-type'] ?? '') === 'text/html') {
    answer.discard();
    throw content(session, place, 'a web page came instead, as from a proxy that requires a login');
  }
  // The announced length shows whether the encoding was applied to the blob or is the blob's own.
  const body = whole ? answer.body : decoded(answer.body, headers['content-encoding'] ?? '');
  if (body !== undefined) return body;
  answer.discard();
  throw content(session, place, `it came in an unknown encoding: ${headers['content-encoding']}`);
}

async function take(
  body: AsyncGenerator<Buffer>,
  { skip, size, exact }: { readonly skip: number; readonly size: number; readonly exact: boolean },
  sink: BlobSink,
  broken: (fault: TransportFault) => Outcome,
): Promise<Outcome> {
  let left = skip;
  try {
    for await (const part of body) {
      const fresh = part.subarray(Math.min(left, part.length));
      left -= part.length - fresh.length;
      // Bytes after the blob's end do not belong to it.
      if (fresh.length > 0 && sink.offset < size) await sink.write(fresh.subarray(0, size - sink.offset));
      if (sink.offset >= size && !exact) return { kind: 'done' };
    }
  } catch (error) {
    if ((error as { fault?: unknown }).fault === undefined) throw error;
    if (sink.offset < size) return broken(faultOf(error));
  }
  if (sink.offset >= size) return { kind: 'done' };
  return broken({ kind: 'reset', code: `it ended after ${sink.offset} of ${size} bytes` });
}

export function content(session: Session, { descriptor, what }: BlobPlace, why: string): TcomposeError {
  return new TcomposeError(
    'REGISTRY_CONTENT',
    `${session.endpoint.host} did not send the blob ${descriptor.digest} of ${what}: ${why}`,
  );
}
