/** Credentials for a registry, in the fields of the Engine API's X-Registry-Auth. */
export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  /** A refresh token, instead of a password. */
  readonly identitytoken?: string;
  /** A bearer token to send unchanged. */
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

/** `proxies.default` of the file, with the file's keys. */
export interface ProxySettings {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
  readonly ftpProxy?: string;
  readonly allProxy?: string;
}

/** The part of Docker's config.json that tcompose reads; podman's auth.json has the same fields. */
export interface DockerConfig {
  readonly auths: Readonly<Record<string, AuthEntry>>;
  readonly credsStore: string | undefined;
  readonly credHelpers: Readonly<Record<string, string>>;
  readonly proxies: ProxySettings;
}

/** Parses a config.json; fields of the wrong type count as absent. @throws SyntaxError when it is not a JSON object */
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

/** The credentials of an entry; undefined for an empty one, as a file has when a helper is used. */
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

/** `user:password`, split at the first colon; old versions padded it with zero bytes. */
function decodedAuth(auth: string | undefined): { readonly user?: string; readonly secret?: string } {
  if (auth === undefined || auth === '') return {};
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? {} : { user: text.slice(0, colon), secret: text.slice(colon + 1).replace(/\0+$/, '') };
}

/** The value of an entry's `auth`. */
export const encodedAuth = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`).toString('base64');

/** X-Registry-Auth: URL-safe Base64 of the JSON. */
export const registryAuthHeader = (auth: object): string =>
  Buffer.from(JSON.stringify(auth)).toString('base64url');

/** When a token expired, in Unix seconds; undefined if it is not a JWT, never expires, or is still valid. */
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
