import { TcomposeError } from '../../errors.ts';
import { parseErrorBody } from '../http/error-body.ts';
import { readWords } from '../http/read-text.ts';
import { refusalOf, unreachable } from '../http/refusal.ts';
import { type Session, setbackOf } from '../http/session.ts';
import { begin, hasBlob, locationOf, mount, type UploadPlace } from './begin-upload.ts';
import { readUploadRange } from './content-range.ts';
import type { Setback } from './retry.ts';

export type UploadOutcome =
  | { readonly kind: 'exists' }
  | { readonly kind: 'mounted'; readonly from: string }
  | { readonly kind: 'uploaded' };

/** A registry may take minutes to store a large blob. */
const finishMs = 300_000;
const mostTries = 8;
const cancelMs = 3000;

/**
 * Ensures that a repository has a blob: it has it already, or another repository of the registry has it, or it is
 * uploaded, continuing where a connection broke (distribution specification, "Pushing blobs").
 * @throws TcomposeError REGISTRY_DENIED, REGISTRY_UNREACHABLE, REGISTRY_PUSH, …
 */
export async function uploadBlob(session: Session, place: UploadPlace): Promise<UploadOutcome> {
  if (await hasBlob(session, place)) return { kind: 'exists' };
  let location: URL | undefined;
  for (const from of place.mountFrom) {
    const mounted = await mount(session, place, from);
    if (mounted === true) return { kind: 'mounted', from };
    location = mounted;
    if (location !== undefined) break;
  }
  const upload: Upload = {
    session,
    place,
    location: location ?? (await begin(session, place)),
    offset: 0,
    failures: 0,
    whole: true,
  };
  try {
    while (!(await step(upload)));
    return { kind: 'uploaded' };
  } catch (error) {
    await cancel(upload);
    throw error;
  }
}

/** A registry's session for uploading one blob. */
interface Upload {
  readonly session: Session;
  readonly place: UploadPlace;
  location: URL;
  /** Bytes that the registry has. */
  offset: number;
  /** Consecutive attempts without progress. */
  failures: number;
  /** Nothing has failed yet: the blob is sent in the same request that completes it. */
  whole: boolean;
}

/** One request; true when the blob is uploaded. */
async function step(upload: Upload): Promise<boolean> {
  const { session, place } = upload;
  const { size } = place.descriptor;
  if (upload.offset >= size) return await finish(upload, false);
  // A token that would expire during the upload is replaced by a request that costs nothing.
  if (session.isTokenOld(place.scopes)) {
    session.renew(place.scopes);
    await hasBlob(session, place);
  }
  if (upload.whole) {
    upload.whole = false;
    return await finish(upload, true);
  }
  return await sendRest(upload);
}

/** Sends the bytes that the registry lacks, without completing the upload. */
async function sendRest(upload: Upload): Promise<false> {
  const { session, place } = upload;
  const { size } = place.descriptor;
  const from = upload.offset;
  const reply = await session.ask({
    method: 'PATCH',
    path: upload.location,
    scopes: place.scopes,
    headers: {
      'content-type': 'application/octet-stream',
      ...(from > 0 ? { 'content-range': `${from}-${size - 1}` } : {}),
    },
    body: () => ({ stream: counted(place, from), length: size - from }),
    answerMs: finishMs,
    signal: place.signal,
  });
  const setback = setbackOf(reply, session.now());
  if (setback !== undefined || !reply.ok) return await afterBreak(upload, reply, setback);
  const { answer } = reply;
  const taken = readUploadRange(answer.headers.range as string | undefined);
  if (answer.status >= 200 && answer.status < 300) {
    answer.discard();
    upload.location = locationOf(session, answer, place);
    goOn(upload, taken === undefined ? size : Math.min(taken, size));
    return false;
  }
  if (answer.status === 416) {
    answer.discard();
    await lookUp(upload);
    goOn(upload, upload.offset, from);
    return false;
  }
  if (answer.status === 404) {
    answer.discard();
    await again(upload);
    return false;
  }
  throw await session.refusal(answer, place.what, 'push');
}

async function* counted({ open, sent }: UploadPlace, from: number): AsyncGenerator<Uint8Array> {
  let at = from;
  for await (const part of open(from)) {
    yield part;
    at += part.length;
    sent?.(at);
  }
}

/** Records how far the registry has got; `from`: where it was before. */
function goOn(upload: Upload, offset: number, from = upload.offset): void {
  upload.failures = offset > from ? 0 : upload.failures + 1;
  upload.offset = offset;
  endIfStuck(upload);
}

function endIfStuck({ session, place, offset, failures }: Upload): void {
  if (failures < mostTries) return;
  throw new TcomposeError(
    'REGISTRY_PUSH',
    `${session.endpoint.host} does not accept the blob ${place.descriptor.digest} of ${place.what}: it has ${offset} of ${place.descriptor.size} bytes after ${failures} tries`,
  );
}

/** After a connection that broke or a temporary error: waits, and asks the registry how far it got. */
async function afterBreak(
  upload: Upload,
  reply: Awaited<ReturnType<Session['ask']>>,
  setback: Setback | undefined,
): Promise<false> {
  const { session, place } = upload;
  const errand = session.errand(place.what, 'push');
  const { signal } = place;
  if (!reply.ok && setback === undefined) {
    throw unreachable(signal.aborted ? { kind: 'aborted' } : reply.fault, errand, upload.failures + 1);
  }
  upload.failures++;
  const refused = reply.ok ? await session.refusal(reply.answer, place.what, 'push') : undefined;
  await session.waitAfter(
    setback!,
    upload.failures,
    signal,
    () => {
      if (signal.aborted) return unreachable({ kind: 'aborted' }, errand);
      return reply.ok ? refused! : unreachable(reply.fault, errand, upload.failures);
    },
    { told: place.waiting },
  );
  const before = upload.offset;
  await lookUp(upload);
  if (upload.offset > before) upload.failures = 0;
  return false;
}

/** Asks how far an upload got; begins another if it is gone. */
async function lookUp(upload: Upload): Promise<void> {
  const { session, place } = upload;
  const { scopes, signal, what } = place;
  const answer = await session.persist(
    { method: 'GET', path: upload.location, scopes, signal },
    what,
    'push',
  );
  answer.discard();
  const taken = readUploadRange(answer.headers.range as string | undefined);
  if (answer.status >= 300 || taken === undefined) return await again(upload);
  if (answer.headers.location !== undefined) upload.location = locationOf(session, answer, place);
  // `0-0` means nothing more often than one byte.
  upload.offset = taken === 1 ? 0 : Math.min(taken, place.descriptor.size);
}

async function again(upload: Upload): Promise<void> {
  upload.failures++;
  endIfStuck(upload);
  upload.location = await begin(upload.session, upload.place);
  upload.offset = 0;
}

/** Completes the blob, sending all of it along if `whole`; true when the registry confirms. */
async function finish(upload: Upload, whole: boolean): Promise<boolean> {
  const { session, place } = upload;
  const { digest, size } = place.descriptor;
  const url = new URL(upload.location);
  url.search = `${url.search}${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
  const reply = await session.ask({
    method: 'PUT',
    path: url,
    scopes: place.scopes,
    headers: { 'content-type': 'application/octet-stream' },
    body: () => (whole ? { stream: counted(place, 0), length: size } : new Uint8Array(0)),
    answerMs: finishMs,
    signal: place.signal,
  });
  const setback = setbackOf(reply, session.now());
  if (setback !== undefined || !reply.ok) {
    await afterBreak(upload, reply, setback);
    // The answer may have been lost although the blob is there.
    return await hasBlob(session, place);
  }
  const { answer } = reply;
  if (answer.status >= 200 && answer.status < 300) {
    answer.discard();
    return true;
  }
  const text = await readWords(answer);
  const mixed = answer.status === 416 || parseErrorBody(text).some(({ code }) => code === 'DIGEST_INVALID');
  // A registry that does not accept a blob with the completing request may accept it without.
  const elsewise = whole && answer.status !== 401 && answer.status !== 403;
  if (elsewise || answer.status === 404 || (mixed && upload.failures < 2)) {
    await again(upload);
    return false;
  }
  throw refusalOf(
    { status: answer.status, headers: answer.headers, text },
    session.errand(place.what, 'push'),
    session.now(),
  );
}

/** Tells the registry that nothing more follows; it does not matter whether this arrives. */
async function cancel({ session, location, place }: Upload): Promise<void> {
  try {
    const reply = await session.ask({
      method: 'DELETE',
      path: location,
      scopes: place.scopes,
      signal: AbortSignal.timeout(cancelMs),
    });
    if (reply.ok) reply.answer.discard();
  } catch {
    // It expires by itself after a while.
  }
}
