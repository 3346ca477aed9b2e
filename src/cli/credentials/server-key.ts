import { formatReference, parseReference } from '../../image/reference.ts';

/** The key under which Docker stores credentials for its Hub. */
export const hubKey = 'https://index.docker.io/v1/';

const hubHosts = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** Host and port of a stored key: `https://reg.example/v2/` is `reg.example`. */
export const hostOfKey = (key: string): string => key.replace(/^https?:\/\//, '').split('/')[0]!;

/**
 * The key under which credentials of a registry are stored and requested from helpers. `server` is a host or a URL, as
 * typed.
 */
export function keyOfServer(server: string): string {
  const host = hostOfKey(server);
  return hubHosts.has(host) ? hubKey : host;
}

/**
 * Keys whose credentials may be used for an image, best first: its repository, its name spaces from the longest on, its
 * registry (containers-auth.json(5)), then other spellings of the registry.
 */
export function keysOfImage(image: string): readonly string[] {
  const { domain, path } = parseReference(image);
  const full = formatReference({ domain, path });
  const parts = full.split('/');
  const spaces = parts.map((_, at) => parts.slice(0, parts.length - at).join('/'));
  return domain === 'docker.io' ? [...spaces, hubKey, ...hubHosts] : spaces;
}

/** The domain of an image's registry in its usual spelling: `docker.io`. */
export const registryOfImage = (image: string): string => parseReference(image).domain;

/**
 * The entry of a credentials table for the best of `keys`. A stored key with a scheme, or with only the API's version
 * after the host, means its host; one with another path is a name space and means only that.
 */
export function entryFor<T>(
  table: Readonly<Record<string, T>>,
  keys: readonly string[],
): { readonly key: string; readonly entry: T } | undefined {
  for (const key of keys) if (Object.hasOwn(table, key)) return { key, entry: table[key]! };
  const hosts = new Map(
    Object.keys(table)
      .filter((key) => /^https?:\/\//.test(key) || /^[^/]+\/(?:v[12]\/?)?$/.test(key))
      .map((key) => [hostOfKey(key), key]),
  );
  for (const host of keys) {
    const key = hosts.get(host);
    if (key !== undefined) return { key, entry: table[key]! };
  }
  return undefined;
}
