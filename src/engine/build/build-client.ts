import type { CachePlace } from '../../build/llb/cache-option.ts';
import type { BuildPlan } from '../../build/plan/types.ts';
import type { ConfinedDirectory } from '../../confined/confined-directory.ts';
import type { RegistryCredentials } from '../../registry/auth/credentials.ts';
import type { ProxySettings } from '../../registry/proxy/proxy-settings.ts';
import type { PlannedBuild } from './base-images.ts';
import type { ContextDirectory, DockerfileSource } from './build-context.ts';
import type { CacheSource, CacheTarget } from './remote-cache/backend.ts';

export type LocalCache = Extract<CachePlace, { kind: 'local' }>;

/** What a registry is asked with on somebody's behalf. */
export interface RegistryIdentity {
  readonly credentials: RegistryCredentials;
  /** Undefined: those of the engine's environment. */
  readonly proxies: ProxySettings | undefined;
}

/** What a client has sent. Directories may be filled as late as in `prepare`. */
export interface SentSources {
  /** Undefined where the request's own counts. */
  readonly main: { readonly dockerfile: DockerfileSource; readonly directory: ContextDirectory } | undefined;
  /** Named contexts, by the keys that they are found by. */
  readonly named: ReadonlyMap<string, ContextDirectory>;
}

/** Whoever started a build, as far as it is asked while the build runs. */
export interface BuildClient {
  /** How the registry of an image is to be asked; only called when it has to be. @param image full reference */
  registry(image: string): Promise<RegistryIdentity>;
  /** Path of a socket on this machine at which an ssh agent answers; undefined when none was given by this id. */
  agent(id: string): string | undefined;
  /** Stand for the paths of the request. */
  readonly sources?: SentSources;
  /** Brings what the steps of a plan are going to read, before any of them; returns secrets by id. */
  readonly prepare?: (plan: BuildPlan) => Promise<ReadonlyMap<string, Buffer>>;
  /** Caches in directories of the client's; where there are none, the engine's machine has the directories. */
  readonly cacheSource?: (place: LocalCache) => CacheSource;
  readonly cacheTarget?: (place: LocalCache) => CacheTarget;
  /** Takes the target's tree, which is lent; no image is made of it. */
  readonly take?: (tree: ConfinedDirectory, planned: PlannedBuild) => Promise<void>;
}

/** Somebody without an account anywhere, and without keys. */
export const nobody: BuildClient = {
  registry: async () => ({ credentials: {}, proxies: undefined }),
  agent: () => undefined,
};
