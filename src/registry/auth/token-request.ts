import type { BearerChallenge } from './challenge.ts';
import { basicAuthorization, type RegistryCredentials } from './credentials.ts';

/** A request to a token server. */
export interface TokenRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const clientId = 'tcompose';
const form = 'application/x-www-form-urlencoded';

/**
 * The requests that may give a token, in the order in which to try them: use the next one when a server answers 404 or
 * 405, which means that it does not support this request (distribution's "token" and "oauth" pages). Undefined when the
 * realm is not an address.
 */
export function tokenRequests(
  challenge: BearerChallenge,
  scopes: readonly string[],
  credentials: RegistryCredentials,
): readonly TokenRequest[] | undefined {
  const realm = URL.canParse(challenge.realm) ? new URL(challenge.realm) : undefined;
  if (realm === undefined || !/^https?:$/.test(realm.protocol)) return undefined;
  const { username, password, identityToken } = credentials;
  const fields = { service: challenge.service, client_id: clientId, scope: scopes.join(' ') };
  if (identityToken !== undefined) {
    return [post(realm, { grant_type: 'refresh_token', ...fields, refresh_token: identityToken })];
  }
  const basic = basicAuthorization(credentials);
  const get: TokenRequest = {
    method: 'GET',
    url: withQuery(realm, challenge.service, scopes, username),
    headers: basic === undefined ? {} : { authorization: basic },
  };
  if (basic === undefined) return [get];
  return [get, post(realm, { grant_type: 'password', ...fields, username, password })];
}

function withQuery(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  account: string | undefined,
): URL {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (account) url.searchParams.set('account', account);
  return url;
}

function post(url: URL, fields: Readonly<Record<string, string | undefined>>): TokenRequest {
  const given = Object.entries(fields).filter(
    (one): one is [string, string] => one[1] !== undefined && one[1] !== '',
  );
  return {
    method: 'POST',
    url,
    headers: { 'content-type': form },
    body: new URLSearchParams(given).toString(),
  };
}

/** A token and its expiry, by the same clock as `now`. */
export interface Token {
  readonly text: string;
  readonly expiresAt: number;
  /** From this time on, a long request should first obtain another token: less than a fifth of its lifetime is left. */
  readonly renewAt: number;
}

/** Seconds that a token is valid if the server gives a shorter time or none (distribution's token specification). */
const shortestLife = 60;

/** Whether a token can stand in a header. */
export const isSendable = (token: string): boolean => !/[^\x20-\x7e]/.test(token);

/** Parses a token server's answer; `now` in milliseconds. Undefined when it contains no token. */
export function parseToken(text: string, now: number): Token | undefined {
  let value: { token?: unknown; access_token?: unknown; expires_in?: unknown } | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const token = [value?.token, value?.access_token].find((one) => typeof one === 'string' && one !== '');
  if (typeof token !== 'string' || !isSendable(token)) return undefined;
  const said = Number(value?.expires_in);
  const life = Math.min(Number.isFinite(said) ? Math.max(said, shortestLife) : shortestLife, 86_400) * 1000;
  return { text: token, expiresAt: now + life, renewAt: now + life * 0.8 };
}

/** The same request, for a token to be stored instead of a password. */
export function offlineRequest(request: TokenRequest): TokenRequest {
  if (request.body !== undefined) return { ...request, body: `${request.body}&access_type=offline` };
  const url = new URL(request.url);
  url.searchParams.set('client_id', clientId);
  url.searchParams.set('offline_token', 'true');
  return { ...request, url };
}

/** The identity token in a token server's answer, if any. */
export function parseIdentityToken(text: string): string | undefined {
  try {
    const { refresh_token: token } = JSON.parse(text) as { refresh_token?: unknown };
    return typeof token === 'string' && token !== '' ? token : undefined;
  } catch {
    return undefined;
  }
}
