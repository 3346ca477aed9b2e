/** How a registry is told who asks; the fields of the Engine API's X-Registry-Auth. */
export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  /** A refresh token, in place of a password. */
  readonly identitytoken?: string;
  /** A bearer token to be sent as it is. */
  readonly registrytoken?: string;
  readonly serveraddress?: string;
}

/** An entry of `auths`. */
export interface AuthEntry {
  /** `user:password` in Base64. */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** `proxies.default` of the file, in its own words. */
export interface ProxySettings {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
  readonly ftpProxy?: string;
  readonly allProxy?: string;
}

/** What tcompose reads of Docker's config.json; podman's auth.json has the same fields. */
export interface DockerConfig {
  readonly auths: Readonly<Record<string, AuthEntry>>;
  readonly credsStore: string | undefined;
  readonly credHelpers: Readonly<Record<string, string>>;
  readonly proxies: ProxySettings;
}

/** Parses a config.json; fields of another type than theirs count as absent. @throws SyntaxError when it is not a JSON object */
export function parseDockerConfig(text: string): DockerConfig {
  const json: unknown = text.trim() === '' ? {} : JSON.parse(text);
  if (!isObject(json)) throw new SyntaxError('not a JSON object');
  const auths = isObject(json.auths) ? json.auths : {};
  const proxies = isObject(json.proxies) && isObject(json.proxies.default) ? json.proxies.default : {};
  return {
    auths: Object.fromEntries(Object.entries(auths).map(([key, entry]) => [key, texts(entry)])),
    credsStore: typeof json.credsStore === 'string' && json.credsStore !== '' ? json.credsStore : undefined,
    credHelpers: texts(json.credHelpers) as Record<string, string>,
    proxies: texts(proxies),
  };
}

/** Who an entry is for; undefined for one that says nothing, as a file has it beside a helper. */
export function authOfEntry(entry: AuthEntry, serveraddress: string): RegistryAuth | undefined {
  const { user = entry.username, secret = entry.password } = decodedAuth(entry.auth);
  const { identitytoken, registrytoken } = entry;
  if (!secret && !identitytoken && !registrytoken) return undefined;
  return {
    ...(user ? { username: user } : {}),
    ...(secret && !identitytoken ? { password: secret } : {}),
    ...(identitytoken ? { identitytoken } : {}),
    ...(registrytoken ? { registrytoken } : {}),
    serveraddress,
  };
}

/** `user:password`, split at the first colon; zero bytes at the end are padding of old versions. */
function decodedAuth(auth: string | undefined): { readonly user?: string; readonly secret?: string } {
  if (auth === undefined || auth === '') return {};
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? {} : { user: text.slice(0, colon), secret: text.slice(colon + 1).replace(/\0+$/, '') };
}

/** `auth` of an entry. */
export const encodedAuth = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`).toString('base64');

/** X-Registry-Auth: URL-safe Base64 of the JSON. */
export const registryAuthHeader = (auth: object): string =>
  Buffer.from(JSON.stringify(auth)).toString('base64url');

/** Since when a token has expired, Unix seconds; undefined for what is not a JWT, has no end, or is still good. */
export function expiredSince(token: string, nowSeconds: number): number | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { exp?: unknown };
    return typeof exp === 'number' && exp < nowSeconds ? exp : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const texts = (value: unknown): Record<string, string> =>
  isObject(value)
    ? Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      )
    : {};
