/** Credentials for a registry. If empty: anonymous. */
export interface RegistryCredentials {
  readonly username?: string;
  readonly password?: string;
  /** An OAuth refresh token, exchanged for access tokens. */
  readonly identityToken?: string;
  /** A bearer token to send unchanged. */
  readonly registryToken?: string;
  /** Where they were found, for messages: `/root/.docker/config.json`, `the helper docker-credential-pass`. */
  readonly source?: string;
}

/** Whether there are no credentials. */
export function isAnonymous(credentials: RegistryCredentials): boolean {
  const { username, password, identityToken, registryToken } = credentials;
  return !registryToken && !identityToken && !(username && password !== undefined);
}

/** Value of a Basic `Authorization` header (RFC 7617); undefined without a user and a password. */
export function basicAuthorization({ username, password }: RegistryCredentials): string | undefined {
  if (!username || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Where credentials came from, as text that follows "credentials". */
export function describeSource(credentials: RegistryCredentials): string {
  if (isAnonymous(credentials)) return 'no credentials were given';
  const of = credentials.username ? ` of ${credentials.username}` : '';
  return `the credentials${of} came ${credentials.source === undefined ? 'with the request' : `from ${credentials.source}`}`;
}

/**
 * When a JSON web token expired, in milliseconds since the epoch (RFC 7519, `exp`); undefined when it is not one, never
 * expires, or has not expired at `now`. Cloud registries issue passwords that are such tokens.
 */
export function expiredSince(token: string | undefined, now: number): number | undefined {
  const [, claims, signature] = (token ?? '').split('.');
  if (claims === undefined || signature === undefined) return undefined;
  try {
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { exp?: unknown };
    return typeof exp === 'number' && exp * 1000 <= now ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
