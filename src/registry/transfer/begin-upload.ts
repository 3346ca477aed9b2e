import { TcomposeError } from '../../errors.ts';
import type { Descriptor } from '../../image/ingest-types.ts';
import type { Ask, Session } from '../http/session.ts';
import type { Answer } from '../http/transport.ts';

/** A blob to upload to a repository. */
export interface UploadPlace {
  /** `team/app`. */
  readonly path: string;
  readonly descriptor: Descriptor;
  /** The image that it belongs to, for messages. */
  readonly what: string;
  /** `repository:team/app:pull,push`. */
  readonly scopes: readonly string[];
  readonly signal: AbortSignal;
  /** Its bytes from an offset on; may be called several times. */
  readonly open: (offset: number) => AsyncIterable<Uint8Array>;
  /** Other repositories of the registry that may have it. */
  readonly mountFrom: readonly string[];
  readonly sent?: (bytes: number) => void;
  readonly waiting?: (ms: number, why: string) => void;
}

/** Whether the repository has it. @throws TcomposeError REGISTRY_* */
export async function hasBlob(
  session: Session,
  { path, descriptor, what, scopes, signal }: UploadPlace,
): Promise<boolean> {
  const answer = await session.persist(
    { method: 'HEAD', path: `${path}/blobs/${descriptor.digest}`, scopes, verified: true, signal },
    what,
    'push',
  );
  answer.discard();
  if (answer.status === 401 || answer.status === 403) throw await session.refusal(answer, what, 'push');
  return answer.status === 200;
}

const post = (path: string, scopes: readonly string[], signal: AbortSignal): Ask => ({
  method: 'POST',
  path,
  scopes,
  body: () => new Uint8Array(0),
  signal,
});

/** Begins an upload; returns where to send its bytes. @throws TcomposeError REGISTRY_* */
export async function begin(session: Session, place: UploadPlace): Promise<URL> {
  const { path, scopes, signal, what } = place;
  const answer = await session.persist(post(`${path}/blobs/uploads/`, scopes, signal), what, 'push');
  if (answer.status !== 202) throw await session.refusal(answer, what, 'push');
  answer.discard();
  return locationOf(session, answer, place);
}

/**
 * Asks the registry to take it over from another repository. True: it is there now. An address: the registry has begun
 * an upload instead.
 * @throws TcomposeError REGISTRY_*
 */
export async function mount(
  session: Session,
  place: UploadPlace,
  from: string,
): Promise<true | URL | undefined> {
  const { path, descriptor, scopes, signal, what } = place;
  const query = `mount=${encodeURIComponent(descriptor.digest)}&from=${encodeURIComponent(from)}`;
  const answer = await session.persist(
    post(`${path}/blobs/uploads/?${query}`, [...scopes, `repository:${from}:pull`], signal),
    what,
    'push',
  );
  answer.discard();
  if (answer.status === 201) return true;
  return answer.status === 202 ? locationOf(session, answer, place) : undefined;
}

/**
 * Where to continue; the registry's own host is accessed as before, even if it gives a plain http address behind a
 * proxy.
 * @throws TcomposeError REGISTRY_PUSH
 */
export function locationOf(
  session: Session,
  answer: Pick<Answer, 'headers' | 'url'>,
  { what }: UploadPlace,
): URL {
  const { location } = answer.headers;
  if (location === undefined || !URL.canParse(location, answer.url.href)) {
    throw new TcomposeError(
      'REGISTRY_PUSH',
      `${session.endpoint.host} did not say where to upload the blobs of ${what}`,
    );
  }
  const url = new URL(location, answer.url.href);
  if (url.host === answer.url.host) url.protocol = answer.url.protocol;
  return url;
}
