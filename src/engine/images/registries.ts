import type { RegistryCredentials } from '../../registry/auth/credentials.ts';
import { createRegistryClient, type RegistryClient } from '../../registry/client.ts';
import type { OpenedAddress } from '../../registry/http/open-address.ts';
import type { Notice } from '../../registry/http/session.ts';
import { type ProxySettings, proxiesOfEnvironment } from '../../registry/proxy/proxy-settings.ts';
import type { Registry } from '../../registry/registry.ts';
import { certificatePlaces } from '../../registry/settings/certificates.ts';
import type { RegistrySettings } from '../../registry/settings/registry-settings.ts';
import { readRegistrySettings } from '../client/registry-settings-files.ts';
import type { EngineLog } from '../log-sink.ts';
import { createSlots, type Slots } from './slots.ts';

/** The credentials and proxies of a request that concerns a registry. */
export interface RegistryRequest {
  readonly credentials: RegistryCredentials;
  /** Undefined: the proxies in the engine's environment. */
  readonly proxies: ProxySettings | undefined;
  readonly signal: AbortSignal;
  /** Also log each request and its answer. */
  readonly trace?: boolean;
}

/** The engine's access to registries. */
export interface Registries {
  open(domain: string, request: RegistryRequest, notice: (notice: Notice) => void): Registry;
  /** The content of an http or https address. @throws TcomposeError REGISTRY_* */
  openAddress(url: URL, request: Omit<RegistryRequest, 'credentials'>): Promise<OpenedAddress>;
  settings(): RegistrySettings;
  readonly slots: Slots;
  readonly client: RegistryClient;
}

export function createRegistries(options: {
  /** Path of engine.json. */
  readonly config: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly now: () => number;
  readonly log: EngineLog;
}): Registries {
  const { config, env, version, now, log } = options;
  const told = new Set<string>();
  const settings = (): RegistrySettings =>
    readRegistrySettings(config, (sentence) => {
      if (!told.has(sentence)) log.warn(sentence);
      told.add(sentence);
    });
  const client = createRegistryClient({
    settings,
    certificates: () => certificatePlaces(env, config),
    now,
    userAgent: `tcompose/${version}`,
  });
  return {
    client,
    settings,
    slots: createSlots(),
    openAddress: (url, { proxies, signal }) =>
      client.openAddress(url, { proxies: proxies ?? proxiesOfEnvironment(env), signal }),
    open: (domain, { credentials, proxies, trace = false }, notice) =>
      client.open(domain, {
        credentials,
        proxies: proxies ?? proxiesOfEnvironment(env),
        notice(one) {
          if (one.kind === 'asked') log.debug(`registry: ${one.method} ${one.url}: ${one.status}`);
          if (one.kind !== 'asked' || trace) notice(one);
        },
      }),
  };
}
