import { formatReference, parseReference } from '../../image/reference.ts';

/** The key under which Docker keeps credentials of its Hub. */
export const hubKey = 'https://index.docker.io/v1/';

const hubHosts = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** Host and port that a stored key is about: `https://reg.example/v2/` is `reg.example`. */
export const hostOfKey = (key: string): string => key.replace(/^https?:\/\//, '').split('/')[0]!;

/** The key under which credentials of a registry are kept and asked of helpers. `server` is a host, or a URL as one types it. */
export function keyOfServer(server: string): string {
  const host = hostOfKey(server);
  return hubHosts.has(host) ? hubKey : host;
}

/**
 * Keys whose credentials may be used for an image, best first: its repository, its name spaces from the longest on, its registry
 * (containers-auth.json(5)), then the registry's other spellings.
 */
export function keysOfImage(image: string): readonly string[] {
  const { domain, path } = parseReference(image);
  const full = formatReference({ domain, path });
  const parts = full.split('/');
  const spaces = parts.map((_, at) => parts.slice(0, parts.length - at).join('/'));
  return domain === 'docker.io' ? [...spaces, hubKey, ...hubHosts] : spaces;
}

/** The domain of an image's registry, as people write it: `docker.io`. */
export const registryOfImage = (image: string): string => parseReference(image).domain;

/**
 * The entry of a table of credentials for the best of `keys`. A stored key with a scheme, or with nothing but the API's version
 * behind the host, stands for its host; one with another path is a name space and stands for that alone.
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
