import type { SourcePlace } from '../../errors.ts';

/** What a build command may use of the machine's resources; names and units as in `HostConfig`. */
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
  /** The directory came from a remote client: no name or link in it may lead out of it. */
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
  /** Several platforms, instead of the single one. */
  readonly platforms?: readonly string[];
  /** Ask registries for newer versions of images that are here. */
  readonly pull?: boolean;
  /**
   * Images that are not looked up in a registry even if `pull` is set: other images of the project are built under
   * these names.
   */
  readonly local?: readonly string[];
  readonly noCache?: boolean;
  readonly noCacheFilter?: readonly string[];
  /** Caches to take steps from, in the form of `cache_from`; directories as absolute paths. */
  readonly cacheFrom?: readonly string[];
  /** Where to keep the build's cache, in the form of `cache_to`. */
  readonly cacheTo?: readonly string[];
  readonly network?: string;
  /** `name:address` or `name=address`. */
  readonly extraHosts?: readonly string[];
  /** Bytes. */
  readonly shmSize?: number;
  /** `name=soft:hard`. */
  readonly ulimits?: readonly string[];
  /** Limits for each command; not part of its cache key. */
  readonly limits?: BuildLimits;
  /** `plan`: only the plan is reported, as text. `check`: only the Dockerfile is checked. */
  readonly only?: 'plan' | 'check';
  /** Absolute path of a directory that gets the target's files; no image is made. */
  readonly localOutput?: string;
  /** When a RUN fails, keep what it has done as an image, which the error names. */
  readonly keepFailed?: boolean;
}

/** What a build reports while it runs: one JSON line for each event, in order. `step` is the number of a step in its plan. */
export type BuildEvent =
  /** Number of steps, and the names of stages that the target does not need. */
  | { readonly type: 'begin'; readonly steps: number; readonly unneeded?: readonly string[] }
  | {
      readonly type: 'start';
      readonly step: number;
      readonly name: string;
      /** The step is a base image: there is nothing to do. */
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
  /** About something other than a step: an image is being pulled, for example. */
  | { readonly type: 'note'; readonly text: string }
  /**
   * The build waits for `POST /tcompose/build/answers/{id}` with the headers for requests to the image's registry
   * (X-Registry-Auth, X-Tcompose-Proxies).
   */
  | { readonly type: 'ask'; readonly id: string; readonly image: string }
  | {
      readonly type: 'done';
      /** For several platforms, this machine's image, or the first. */
      readonly image?: string;
      /** One for each platform, if there are several. */
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
      /**
       * With `keepFailed`: the image of what the failed RUN left, which the client has to remove, and the shell to
       * start in it.
       */
      readonly shell?: { readonly step: string; readonly image: string; readonly command: readonly string[] };
    };
