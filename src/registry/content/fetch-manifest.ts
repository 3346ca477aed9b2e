import { TcomposeError } from '../../errors.ts';
import { faultOf, isPassing } from '../http/fault.ts';
import { parseRateLimit, type RateLimit } from '../http/rate-limit.ts';
import { readBytes } from '../http/read-text.ts';
import { unreachable } from '../http/refusal.ts';
import type { Session } from '../http/session.ts';
import { digestOf, isDigest } from './digest.ts';
import { maxManifestSize } from './manifest.ts';
import { manifestAccept } from './media-types.ts';

/** Which manifest of which repository. */
export interface ManifestPlace {
  /** `library/app`. */
  readonly path: string;
  /** A tag or a digest. */
  readonly reference: string;
  /** For messages: `app:1`. */
  readonly what: string;
  readonly scopes: readonly string[];
  readonly signal: AbortSignal;
}

export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly digest: string;
  /** `Content-Type` of the answer. */
  readonly contentType: string | undefined;
  readonly rateLimit: RateLimit | undefined;
}

/** How often a manifest is fetched if the content does not match its digest. */
const mostFetches = 2;

/**
 * The digest that a tag refers to, by a HEAD, which does not count towards a registry's pull limit. Undefined when the
 * registry does not report it: then the manifest has to be fetched.
 */
export async function resolveTag(session: Session, place: ManifestPlace): Promise<string | undefined> {
  const answer = await session.persist(
    { ...manifestAsk('HEAD', place), dispensable: true },
    place.what,
    'pull',
  );
  answer.discard();
  const digest = answer.headers['docker-content-digest'];
  return answer.status === 200 && isDigest(digest) ? digest : undefined;
}

/**
 * A manifest by tag or digest, verified: by the requested digest, else by that in the answer's header, if any.
 * @throws TcomposeError REGISTRY_NOT_FOUND, REGISTRY_CONTENT, …
 */
export async function fetchManifest(session: Session, place: ManifestPlace): Promise<FetchedManifest> {
  for (let fetches = 1; ; fetches++) {
    const { what } = place;
    const answer = await session.persist(manifestAsk('GET', place), what, 'pull');
    if (answer.status !== 200) throw await session.refusal(answer, what, 'pull');
    let bytes: Buffer;
    try {
      bytes = await readBytes(answer, maxManifestSize, `the manifest of ${what}`);
    } catch (error) {
      if (error instanceof TcomposeError) throw error;
      const fault = faultOf(error);
      const failed = unreachable(fault, session.errand(what, 'pull'), fetches);
      if (!isPassing(fault)) throw failed;
      await session.waitAfter({ kind: 'network' }, fetches, place.signal, () => failed);
      continue;
    }
    const header = answer.headers['docker-content-digest'];
    const promised = isDigest(place.reference) ? place.reference : isDigest(header) ? header : undefined;
    const digest = digestOf(bytes, promised);
    if (promised === undefined || digest === promised) {
      return {
        bytes,
        digest,
        contentType: answer.headers['content-type'],
        rateLimit: parseRateLimit(answer.headers),
      };
    }
    if (fetches >= mostFetches) {
      throw new TcomposeError(
        'REGISTRY_CONTENT',
        `manifest verification failed for ${what}: ${session.endpoint.host} promised ${promised} and sent ${digest}`,
        { hint: 'Something on the way to the registry alters content, or the registry is damaged.' },
      );
    }
  }
}

/**
 * The manifest of a tag whose digest is known from a HEAD: by that digest, or by the tag if there is none with that
 * digest, because the tag may have moved, or the header may be wrong.
 */
export async function fetchResolved(
  session: Session,
  place: ManifestPlace,
  digest: string | undefined,
): Promise<FetchedManifest> {
  if (digest === undefined) return await fetchManifest(session, place);
  try {
    return await fetchManifest(session, { ...place, reference: digest });
  } catch (error) {
    if (!(error instanceof TcomposeError) || error.code !== 'REGISTRY_NOT_FOUND') throw error;
    return await fetchManifest(session, place);
  }
}

function manifestAsk(method: 'GET' | 'HEAD', { path, reference, scopes, signal }: ManifestPlace) {
  return {
    method,
    path: `${path}/manifests/${reference}`,
    scopes,
    headers: { accept: manifestAccept },
    verified: isDigest(reference),
    signal,
  } as const;
}
