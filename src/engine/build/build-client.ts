import type { RegistryCredentials } from '../../registry/auth/credentials.ts';
import type { ProxySettings } from '../../registry/proxy/proxy-settings.ts';

/** What a registry is asked with on somebody's behalf. */
export interface RegistryIdentity {
  readonly credentials: RegistryCredentials;
  /** Undefined: those of the engine's environment. */
  readonly proxies: ProxySettings | undefined;
}

/** Whoever started a build, as far as it is asked while the build goes on. */
export interface BuildClient {
  /** How the registry of an image is to be asked; only called when it has to be. @param image full reference */
  registry(image: string): Promise<RegistryIdentity>;
  /** Path of a socket on this machine at which an ssh agent answers; undefined when none was given by this id. */
  agent(id: string): string | undefined;
}

/** Somebody without an account anywhere, and without keys. */
export const nobody: BuildClient = {
  registry: async () => ({ credentials: {}, proxies: undefined }),
  agent: () => undefined,
};
