import { hub, isInsecure, type RegistrySettings } from './registry-settings.ts';

/** One place that serves a registry's content. */
export interface Endpoint {
  readonly kind: 'mirror' | 'main';
  /** `host[:port]`, as settings, certificates and messages name it. */
  readonly host: string;
  /** What stands before `/v2/` in a path; mostly empty. */
  readonly prefix: string;
  /** The schemes to try, in order. */
  readonly schemes: readonly ('https:' | 'http:')[];
  /** Whether certificates count. */
  readonly verify: boolean;
  /** Whether the next endpoint is asked when this one fails. */
  readonly fallback: boolean;
}

/** Where Docker Hub's content is. */
const hubHost = 'registry-1.docker.io';

/**
 * The endpoints for a registry, `docker.io` or `host[:port]`, in the order to ask them. A push goes to the last, which is the registry itself. An
 * insecure registry is asked by TLS without a look at its certificate, then without TLS; every other by TLS alone.
 */
export function endpointsOf(domain: string, settings: RegistrySettings): readonly [...Endpoint[], Endpoint] {
  const mirrors = (settings.mirrors[domain] ?? []).map(({ url, fallback, plain }): Endpoint => {
    const { host, pathname, protocol } = new URL(url);
    return {
      kind: 'mirror',
      host,
      prefix: pathname.replace(/\/+$/, '').replace(/\/v2$/, ''),
      // Whoever writes http:// means it.
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

/** The address of something below `/v2/` of an endpoint. */
export function addressOf({ host, prefix }: Endpoint, scheme: string, path: string): URL {
  return new URL(`${scheme}//${host}${prefix}/v2/${path}`);
}

/** Key under which credentials for a registry are kept (Docker's config.json). */
export function credentialKey(domain: string): string {
  return domain === hub ? 'https://index.docker.io/v1/' : domain;
}
