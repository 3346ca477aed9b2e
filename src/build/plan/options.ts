import type { Platform } from './types.ts';

/** The place of a named context. */
export type NamedContext =
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'directory' };

/** The settings of a build, apart from its Dockerfile. */
export interface BuildOptions {
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly target: string | undefined;
  /** Examine stages even if the target does not need them. */
  readonly everyStage: boolean;
  readonly platform: Platform;
  readonly buildPlatform: Platform;
  readonly labels: ReadonlyMap<string, string>;
  readonly contexts: ReadonlyMap<string, NamedContext>;
  readonly noCache: boolean;
  /** Stages that don't use the cache, in lower case. */
  readonly noCacheFilter: ReadonlySet<string>;
  readonly network: 'default' | 'none' | 'host';
  readonly extraHosts: readonly string[];
  readonly shmSize: number | undefined;
  readonly ulimits: readonly string[];
}

const machine: Platform = { os: 'linux', architecture: 'amd64', variant: '' };

/** A build without special settings. */
export const plainOptions: BuildOptions = {
  buildArgs: new Map(),
  target: undefined,
  everyStage: false,
  platform: machine,
  buildPlatform: machine,
  labels: new Map(),
  contexts: new Map(),
  noCache: false,
  noCacheFilter: new Set(),
  network: 'default',
  extraHosts: [],
  shmSize: undefined,
  ulimits: [],
};
