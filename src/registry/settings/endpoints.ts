import { hub, isInsecure, type RegistrySettings } from './registry-settings.ts';

/** One place that serves a registry's content. */
export interface Endpoint {
  readonly kind: 'mirror' | 'main';
  /** `host[:port]`, as used in settings, certificates and messages. */
  readonly host: string;
  /** What precedes `/v2/` in a path; usually empty. */
  readonly prefix: string;
  /** The schemes to try, in order. */
  readonly schemes: readonly ('https:' | 'http:')[];
  /** Whether certificates are checked. */
  readonly verify: boolean;
  /** Whether to try the next endpoint when this one fails. */
  readonly fallback: boolean;
}

/** The host with Docker Hub's content. */
const hubHost = 'registry-1.docker.io';

/**
 * The endpoints of a registry, `docker.io` or `host[:port]`, in the order in which to try them. A push uses the last
 * one, which is the registry itself. An insecure registry is tried with TLS without checking its certificate, then
 * without TLS; all others only with TLS.
 */
export function endpointsOf(domain: string, settings: RegistrySettings): readonly [...Endpoint[], Endpoint] {
  const mirrors = (settings.mirrors[domain] ?? []).map(({ url, fallback, plain }): Endpoint => {
    const { host, pathname, protocol } = new URL(url);
    return {
      kind: 'mirror',
      host,
      prefix: pathname.replace(/\/+$/, '').replace(/\/v2$/, ''),
      // An explicit http:// is meant.
      schemes: protocol === 'http:' ? ['http:'] : plain ? ['https:', 'http:'] : ['https:'],
      verify: !isInsecure(host, settings.insecure),
      fallback,
    };
  });
  const host = domain === hub ? hubHost : domain;
  const insecure = isInsecure(host, settings.insecure);
  return [
    ...mirrors,
    {
      kind: 'main',
      host,
      prefix: '',
      schemes: insecure ? ['https:', 'http:'] : ['https:'],
      verify: !insecure,
      fallback: false,
    },
  ];
}

/** The address of a path below `/v2/` of an endpoint. */
export function addressOf({ host, prefix }: Endpoint, scheme: string, path: string): URL {
  return new URL(`${scheme}//${host}${prefix}/v2/${path}`);
}

/** Key under which credentials for a registry are stored (Docker's config.json). */
export function credentialKey(domain: string): string {
  return domain === hub ? 'https://index.docker.io/v1/' : domain;
}
