import type { RegistryCredentials } from '../../registry/auth/credentials.ts';
import type { ProxySettings } from '../../registry/proxy/proxy-settings.ts';

/** Docker's header with the credentials for a request's registry: base64url of the JSON of a RegistryAuthBody. */
export const registryAuthHeader = 'X-Registry-Auth';

/**
 * Our own header with the proxies of the command that asks: base64url of the JSON of ProxySettings, `{}` for none.
 * Without it those in the engine's environment are used.
 */
export const proxiesHeader = 'X-Tcompose-Proxies';

/** Our own header, with any value: it has each request to a registry reported in the stream of a pull or push. */
export const traceHeader = 'X-Tcompose-Trace';

/** Body of X-Registry-Auth and of `POST /auth`, names as on the wire. */
export interface RegistryAuthBody {
  readonly username?: string;
  readonly password?: string;
  readonly serveraddress?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
  /** Our own extension: where the credentials were found, for the engine's messages. */
  readonly source?: string;
}

export const encodeRegistryAuth = (credentials: RegistryCredentials): string =>
  encode({
    username: credentials.username,
    password: credentials.password,
    identitytoken: credentials.identityToken,
    registrytoken: credentials.registryToken,
    source: credentials.source,
  });

export const encodeProxies = (proxies: ProxySettings): string => encode(proxies);

/** Credentials from a header, in either base64 alphabet; an unreadable value counts as none, as in dockerd. */
export function decodeRegistryAuth(header: string | undefined): RegistryCredentials {
  return credentialsOf(decode(header) ?? {});
}

/** Credentials from a body; empty strings count as absent. */
export function credentialsOf(body: RegistryAuthBody): RegistryCredentials {
  const { username, password, identitytoken, registrytoken, source } = body;
  return {
    ...(text(username) ? { username } : {}),
    ...(typeof password === 'string' && text(username) ? { password } : {}),
    ...(text(identitytoken) ? { identityToken: identitytoken } : {}),
    ...(text(registrytoken) && isHeaderValue(registrytoken) ? { registryToken: registrytoken } : {}),
    ...(text(source) ? { source } : {}),
  };
}

/** Proxies from a header; undefined when there is none or it can't be read. */
export function decodeProxies(header: string | undefined): ProxySettings | undefined {
  const value = decode(header);
  if (value === undefined) return undefined;
  const keys: readonly (keyof ProxySettings)[] = ['httpProxy', 'httpsProxy', 'allProxy', 'noProxy'];
  return Object.fromEntries(keys.flatMap((key) => (text(value[key]) ? [[key, value[key]]] : [])));
}

/** A token is put into a header unchanged. */
const isHeaderValue = (token: string) => /^[\x21-\x7e]+$/.test(token);

const text = (value: unknown): value is string => typeof value === 'string' && value !== '';

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Node's `base64url` reads both alphabets, with and without padding. */
function decode(header: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (!header) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
