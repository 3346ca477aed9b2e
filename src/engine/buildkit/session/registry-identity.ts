import type { RegistryIdentity } from '../../build/build-client.ts';
import { credentialsRequestShape, credentialsResponseShape } from '../messages/session.ts';
import { decode, encode } from '../wire/message.ts';
import { GrpcError } from '../wire/status.ts';
import type { Session } from './sessions.ts';

const path = '/moby.filesync.v1.Auth/Credentials';
/** The host by which clients know Docker Hub. */
const hub = 'registry-1.docker.io';

/** The credentials that a client gives for the registry of an image; none if it has none, or does not support the question. */
export async function registryIdentity(
  session: Session,
  image: string,
  signal: AbortSignal,
): Promise<RegistryIdentity> {
  if (!session.has(path)) return { credentials: {}, proxies: undefined };
  const domain = image.split('/')[0]!;
  const host = domain === 'docker.io' ? hub : domain;
  try {
    const answer = await session.caller.ask(path, encode(credentialsRequestShape, { host }), signal);
    const { username, secret } = decode<{ username: string; secret: string }>(
      credentialsResponseShape,
      answer,
    );
    if (secret === '') return { credentials: {}, proxies: undefined };
    // Without a user name the secret is a refresh token.
    const credentials = username === '' ? { identityToken: secret } : { username, password: secret };
    return { credentials, proxies: undefined };
  } catch (error) {
    if (error instanceof GrpcError && (error.code === 'not-found' || error.code === 'unimplemented'))
      return { credentials: {}, proxies: undefined };
    throw error;
  }
}
