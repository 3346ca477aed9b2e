import type { CachePlace } from '../../build/llb/cache-option.ts';
import type { BuildPlan } from '../../build/plan/types.ts';
import type { ConfinedDirectory } from '../../confined/confined-directory.ts';
import type { RegistryCredentials } from '../../registry/auth/credentials.ts';
import type { ProxySettings } from '../../registry/proxy/proxy-settings.ts';
import type { PlannedBuild } from './base-images.ts';
import type { ContextDirectory, DockerfileSource } from './build-context.ts';
import type { CacheSource, CacheTarget } from './remote-cache/backend.ts';

export type LocalCache = Extract<CachePlace, { kind: 'local' }>;

/** Credentials and proxies for requests to a registry on behalf of a client. */
export interface RegistryIdentity {
  readonly credentials: RegistryCredentials;
  /** Undefined: the proxies in the engine's environment. */
  readonly proxies: ProxySettings | undefined;
}

/** Files that a client has sent. The directories may be filled as late as in `prepare`. */
export interface SentSources {
  /** Undefined if the request's own context is used. */
  readonly main: { readonly dockerfile: DockerfileSource; readonly directory: ContextDirectory } | undefined;
  /** Named contexts, by the keys that steps use for them. */
  readonly named: ReadonlyMap<string, ContextDirectory>;
}

/** The client that started a build: what the build asks it while running. */
export interface BuildClient {
  /** How to ask the registry of an image; only called when it has to be asked. @param image full reference */
  registry(image: string): Promise<RegistryIdentity>;
  /** Path of a socket on this machine at which an ssh agent answers; undefined when none was given under this id. */
  agent(id: string): string | undefined;
  /** Used instead of the paths in the request. */
  readonly sources?: SentSources;
  /** Fetches what the steps of a plan are going to read, before any of them runs; returns secrets by id. */
  readonly prepare?: (plan: BuildPlan) => Promise<ReadonlyMap<string, Buffer>>;
  /** Caches in the client's directories; if absent, the directories are on the engine's machine. */
  readonly cacheSource?: (place: LocalCache) => CacheSource;
  readonly cacheTarget?: (place: LocalCache) => CacheTarget;
  /** Takes the target's tree, which is only lent; no image is made of it. */
  readonly take?: (tree: ConfinedDirectory, planned: PlannedBuild) => Promise<void>;
}

/** A client without any accounts or keys. */
export const nobody: BuildClient = {
  registry: async () => ({ credentials: {}, proxies: undefined }),
  agent: () => undefined,
};
