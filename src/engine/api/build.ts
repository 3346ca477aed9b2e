import type { SourcePlace } from '../../errors.ts';

/** What a command of a build may have of the machine; names and units as of `HostConfig`. */
export interface BuildLimits {
  /** Bytes. */
  readonly Memory?: number;
  /** Memory and swap, bytes; -1 for no limit. */
  readonly MemorySwap?: number;
  readonly CpuShares?: number;
  /** Microseconds. */
  readonly CpuPeriod?: number;
  /** Microseconds in each period. */
  readonly CpuQuota?: number;
  readonly CpusetCpus?: string;
  readonly CpusetMems?: string;
}

/** `POST /tcompose/build`. */
export interface BuildRequest {
  /** Absolute path of a directory on the engine's machine, a git repository, or the address of an archive or a Dockerfile. */
  readonly context: string;
  /** The directory came from somebody else: no name and no link of it leads out. */
  readonly confined?: boolean;
  /** Relative to the context, or absolute. */
  readonly dockerfile?: string;
  /** The Dockerfile itself. */
  readonly dockerfileText?: string;
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Familiar names, with or without tag. */
  readonly tags?: readonly string[];
  /** Named contexts: as `context`, or `docker-image://` and `oci-layout://` references. */
  readonly contexts?: Readonly<Record<string, string>>;
  /** Base64, by id. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Paths of sockets on the engine's machine at which ssh agents answer, by id. */
  readonly ssh?: Readonly<Record<string, string>>;
  readonly platform?: string;
  /** Several, in the place of the one. */
  readonly platforms?: readonly string[];
  /** Registries are asked for newer images than those that are here. */
  readonly pull?: boolean;
  /** Images that no registry is asked for although `pull` is set: others of the project are built under these names. */
  readonly local?: readonly string[];
  readonly noCache?: boolean;
  readonly noCacheFilter?: readonly string[];
  /** Caches that steps are taken from, as `cache_from` has them; directories by their absolute paths. */
  readonly cacheFrom?: readonly string[];
  /** Where the build's cache is kept, as `cache_to` has it. */
  readonly cacheTo?: readonly string[];
  readonly network?: string;
  /** `name:address` or `name=address`. */
  readonly extraHosts?: readonly string[];
  /** Bytes. */
  readonly shmSize?: number;
  /** `name=soft:hard`. */
  readonly ulimits?: readonly string[];
  /** Of each command; no part of what it is found by in the cache. */
  readonly limits?: BuildLimits;
  /** `plan`: nothing is built, the plan is reported as text. `check`: the Dockerfile is looked over. */
  readonly only?: 'plan' | 'check';
  /** Absolute path of a directory that gets the target's files, instead of an image. */
  readonly localOutput?: string;
  /** What a RUN has done when it fails is kept as an image, which the error names. */
  readonly keepFailed?: boolean;
}

/** What a build tells while it runs, in order, a JSON line each. `step` is the number of a step in its plan. */
export type BuildEvent =
  /** How many steps there are, and names of stages that the target does not need. */
  | { readonly type: 'begin'; readonly steps: number; readonly unneeded?: readonly string[] }
  | {
      readonly type: 'start';
      readonly step: number;
      readonly name: string;
      /** The step is an image to build upon: there is nothing to do. */
      readonly base?: true;
    }
  | { readonly type: 'log'; readonly step: number; readonly text: string }
  | {
      readonly type: 'end';
      readonly step: number;
      readonly name: string;
      readonly outcome: 'done' | 'cached' | 'failed';
      /** Milliseconds. */
      readonly took: number;
    }
  | {
      readonly type: 'warning';
      readonly message: string;
      readonly rule?: string;
      readonly where?: SourcePlace;
    }
  | { readonly type: 'plan'; readonly text: string }
  /** Something that is not a step: an image is being pulled. */
  | { readonly type: 'note'; readonly text: string }
  /**
   * The build waits for `POST /tcompose/build/answers/{id}` with the headers that a registry of the image is to be asked with
   * (X-Registry-Auth, X-Tcompose-Proxies).
   */
  | { readonly type: 'ask'; readonly id: string; readonly image: string }
  | {
      readonly type: 'done';
      /** Of several platforms that of this machine, or the first. */
      readonly image?: string;
      /** One for each platform, where there are several. */
      readonly images?: readonly string[];
      readonly tags: readonly string[];
    }
  | {
      readonly type: 'error';
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly where?: SourcePlace;
      /** The last lines of the output of the step that failed. */
      readonly output?: { readonly name: string; readonly lines: readonly string[] };
      /** With `keepFailed`: the image of what the failed RUN left, to be removed by whoever asked, and the shell to start there. */
      readonly shell?: { readonly step: string; readonly image: string; readonly command: readonly string[] };
    };
