import type { ImageRuntimeConfig } from '../../image/types.ts';
import type { LineRange } from '../dockerfile/node.ts';

/** Configuration of an image that a build makes: OCI's fields and Docker's additions. */
export interface BuildConfig extends ImageRuntimeConfig {
  readonly ArgsEscaped?: boolean;
  readonly OnBuild?: readonly string[];
  readonly Shell?: readonly string[];
}

/** What the planner has to know about an image. */
export interface BaseImage {
  /** `sha256:…`; part of the keys of what is built on it. */
  readonly id: string;
  readonly config: BuildConfig;
  readonly author?: string;
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  /** Number of its layers. */
  readonly layers: number;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

/** A step's number in its plan: its index in `steps`. */
export type StepId = number;

/** A tree of files that a step reads: a build context by name, the result of a step, or nothing (`scratch`). */
export type Tree =
  | { readonly kind: 'context'; readonly name: string }
  | { readonly kind: 'step'; readonly step: StepId }
  | { readonly kind: 'empty' };

export type Mount =
  | {
      readonly type: 'bind';
      readonly target: string;
      readonly source: string;
      readonly from: Tree;
      readonly writable: boolean;
    }
  | {
      readonly type: 'cache';
      readonly target: string;
      readonly id: string;
      readonly from: Tree;
      readonly source: string;
      readonly sharing: 'shared' | 'private' | 'locked';
      readonly writable: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly type: 'tmpfs';
      readonly target: string;
      readonly size: number | undefined;
      readonly writable: boolean;
    }
  | {
      readonly type: 'secret' | 'ssh';
      readonly id: string;
      /** Undefined for a secret that is only a variable. */
      readonly target: string | undefined;
      readonly env: string | undefined;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

/** The name of the steps for an instruction, and its place. */
interface Described {
  /** `[stage 2/4] RUN make`. */
  readonly name: string;
  readonly stage: number;
  readonly range: LineRange;
  /** Must not be taken from the cache. */
  readonly fresh: boolean;
}

export interface ImageStep extends Described {
  readonly kind: 'image';
  readonly reference: string;
  readonly id: string;
}

/** Something that is fetched over the network. */
export type RemoteSource =
  | {
      readonly kind: 'http';
      readonly url: string;
      /** The name of its file. */
      readonly name: string;
      /** `sha256:…`: its required digest. */
      readonly checksum: string | undefined;
    }
  | {
      readonly kind: 'git';
      readonly remote: string;
      /** Branch, tag or commit; empty for the default branch. */
      readonly ref: string;
      /** The required commit, or its first digits; empty for any. */
      readonly checksum: string;
      readonly keepGitDir: boolean;
      readonly submodules: boolean;
    };

/** Fetches a remote file or repository as a tree; makes no layer. */
export interface FetchStep extends Described {
  readonly kind: 'fetch';
  readonly source: RemoteSource;
}

export interface RunStep extends Described {
  readonly kind: 'run';
  readonly base: Tree;
  readonly argv: readonly string[];
  readonly environment: readonly string[];
  /** Proxies: in the environment, but not in the key or the history. */
  readonly unkeyedEnvironment: readonly string[];
  readonly directory: string;
  readonly user: string;
  readonly network: 'default' | 'none' | 'host';
  readonly mounts: readonly Mount[];
  readonly script: { readonly name: string; readonly content: string } | undefined;
  readonly extraHosts: readonly string[];
  readonly shmSize: number | undefined;
  readonly ulimits: readonly string[];
}

/** One source of a COPY or ADD. */
export type CopySource =
  | {
      readonly kind: 'path';
      readonly path: string;
      /** The tree that contains it, if not the step's own `from`; and whether to unpack it if it is an archive. */
      readonly other?: { readonly from: Tree; readonly unpack: boolean };
    }
  | { readonly kind: 'document'; readonly name: string; readonly content: string };

export interface CopyStep extends Described {
  readonly kind: 'copy';
  readonly base: Tree;
  readonly from: Tree;
  readonly sources: readonly CopySource[];
  /** Absolute; a slash at the end marks a directory. */
  readonly destination: string;
  readonly chown: string | undefined;
  readonly chmod: string | undefined;
  readonly excludes: readonly string[];
  readonly parents: boolean;
  readonly link: boolean;
  /** Unpack archives: ADD. */
  readonly unpack: boolean;
}

export interface WorkdirStep extends Described {
  readonly kind: 'workdir';
  readonly base: Tree;
  readonly path: string;
  readonly user: string;
}

/** Steps that make a layer. */
export type LayerStep = RunStep | CopyStep | WorkdirStep;

export type Step = ImageStep | FetchStep | LayerStep;

/** An entry that this build adds to the image's history. */
export interface HistoryEntry {
  readonly createdBy: string;
  /** The step whose layer the entry describes; undefined for one that only changes the configuration. */
  readonly step: StepId | undefined;
  /** Whether no instruction is described, but a layer that no entry was there for. */
  readonly unrecorded?: true;
}

/** The target of a build. */
export interface BuildResult {
  readonly tree: Tree;
  /** The image at the bottom; undefined for scratch. */
  readonly image: StepId | undefined;
  readonly config: BuildConfig;
  readonly author: string | undefined;
  readonly history: readonly HistoryEntry[];
}

/** A warning about a Dockerfile, from a rule of BuildKit's checks. */
export interface Warning {
  readonly rule: string;
  readonly message: string;
  readonly range: LineRange;
}

export interface BuildPlan {
  readonly steps: readonly Step[];
  readonly result: BuildResult;
  readonly platform: Platform;
  /** Names of stages that the target does not need. */
  readonly unneeded: readonly string[];
  readonly warnings: readonly Warning[];
}
