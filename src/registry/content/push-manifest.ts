import { TcomposeError } from '../../errors.ts';
import type { Session } from '../http/session.ts';
import { digestOf } from './digest.ts';
import type { ManifestPlace } from './fetch-manifest.ts';
import { manifestAccept } from './media-types.ts';

/**
 * Uploads a manifest under a tag or digest, with unchanged bytes. @throws TcomposeError REGISTRY_PUSH when the registry
 * has received something else
 */
export async function pushManifest(
  session: Session,
  place: ManifestPlace,
  manifest: { readonly bytes: Uint8Array; readonly mediaType: string },
): Promise<void> {
  const { path, reference, scopes, signal, what } = place;
  const answer = await session.persist(
    {
      method: 'PUT',
      path: `${path}/manifests/${reference}`,
      scopes,
      headers: { 'content-type': manifest.mediaType },
      body: () => manifest.bytes,
      signal,
    },
    what,
    'push',
  );
  if (answer.status < 200 || answer.status >= 300) throw await session.refusal(answer, what, 'push');
  answer.discard();
  const header = answer.headers['docker-content-digest'];
  const digest = digestOf(manifest.bytes);
  if (typeof header === 'string' && header.startsWith('sha256:') && header !== digest) {
    throw new TcomposeError(
      'REGISTRY_PUSH',
      `${session.endpoint.host} has ${header} in place of ${digest} of ${what}`,
    );
  }
}

/** Whether a repository has a manifest. */
export async function hasManifest(session: Session, place: ManifestPlace): Promise<boolean> {
  const { path, reference, scopes, signal, what } = place;
  const answer = await session.persist(
    {
      method: 'HEAD',
      path: `${path}/manifests/${reference}`,
      scopes,
      headers: { accept: manifestAccept },
      signal,
    },
    what,
    'push',
  );
  answer.discard();
  return answer.status === 200;
}
