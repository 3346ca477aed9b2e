import { createAuthority } from './auth/authority.ts';
import type { RegistryCredentials } from './auth/credentials.ts';
import { type OpenedAddress, openAddress } from './http/open-address.ts';
import type { Notice } from './http/session.ts';
import { createTransport } from './http/transport.ts';
import type { ProxySettings } from './proxy/proxy-settings.ts';
import { type DownMirrors, openRegistry, type Registry } from './registry.ts';
import { type CertificatePlaces, createTrust } from './settings/certificates.ts';
import { isInsecure, type RegistrySettings } from './settings/registry-settings.ts';

export interface RegistryClientOptions {
  /** Read at each pull and push: a change of files applies from the next one. */
  readonly settings: () => RegistrySettings;
  readonly certificates: () => CertificatePlaces;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** `tcompose/1.2.3`. */
  readonly userAgent: string;
}

/** What all pulls and pushes share: connections, tokens, and which mirrors are down. */
export interface RegistryClient {
  /** @throws TcomposeError REGISTRY_CONFIG */
  open(
    domain: string,
    options: {
      readonly credentials: RegistryCredentials;
      readonly proxies: ProxySettings;
      readonly notice: (notice: Notice) => void;
    },
  ): Registry;
  /** The content at any address, with the same proxies and certificates. @throws TcomposeError REGISTRY_* */
  openAddress(
    url: URL,
    options: { readonly proxies: ProxySettings; readonly signal: AbortSignal },
  ): Promise<OpenedAddress>;
  close(): void;
}

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { now, userAgent } = options;
  const trust = createTrust(options.certificates);
  // Several files, which would take longer to read for each request than a registry takes to answer.
  let latest: RegistrySettings | undefined;
  const readSettings = (): RegistrySettings => {
    latest = options.settings();
    return latest;
  };
  const transport = createTransport((origin, attempt) => {
    const verify = !isInsecure(origin.host, (latest ?? readSettings()).insecure);
    return verify
      ? { verify, ...trust.contextFor(origin.host, attempt) }
      : { verify, context: undefined, key: 'any' };
  });
  const authority = createAuthority(now);
  const down: DownMirrors = new Map();
  const plainHosts = new Set<string>();
  return {
    open(domain, { credentials, proxies, notice }) {
      const settings = readSettings();
      return openRegistry(
        domain,
        { transport, authority, settings, credentials, proxies, now, userAgent, plainHosts, notice },
        down,
      );
    },
    async openAddress(url, { proxies, signal }) {
      readSettings();
      return await openAddress(transport, url, { proxies, signal, userAgent });
    },
    close: () => transport.close(),
  };
}
