export type NamespaceSource = 'host' | 'new' | { readonly path: string };

/** Parts of a launch plan that the engine's own containers don't use: what an OCI bundle and its caller may request. */
export interface TimeNamespacePlan {
  readonly source: NamespaceSource;
  /** Lines for timens_offsets (`monotonic 100 0`) of a new namespace; time_namespaces(7). */
  readonly offsets: string;
}

export interface CallerPlan {
  /** The shim ends once the command runs, so that the command's parent is the nearest subreaper (conmon). */
  readonly outlives: boolean;
  /** How many descriptors from 3 on the command inherits. */
  readonly preserveFds: number;
  /** Unix socket that receives the terminal's master; if absent, the shim serves the terminal to its clients. */
  readonly consoleSocket?: string;
}

export interface HooksPlan {
  /** The container's state as JSON without its closing brace; `,"status":…,"pid":…}` is appended. */
  readonly state: string;
  readonly list: readonly HookPlan[];
}

/** The monitor runs prestart and createRuntime, init runs createContainer and startContainer. `timeout` in seconds, 0: none. */
export interface HookPlan {
  readonly point: 'prestart' | 'createRuntime' | 'createContainer' | 'startContainer';
  readonly path: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly timeout: number;
}

export interface IdmapPlan {
  readonly uid: string;
  readonly gid: string;
  readonly recursive: boolean;
}

/** sched_setattr(2). Times in nanoseconds. */
export interface SchedulerPlan {
  readonly policy: number;
  readonly flags: bigint;
  readonly nice: number;
  readonly priority: number;
  readonly runtime: bigint;
  readonly deadline: bigint;
  readonly period: bigint;
}

/** Processors as bit masks, in which the lowest bit of the first byte is processor 0; empty: unchanged. */
export interface AffinityPlan {
  /** Before the control group is joined. */
  readonly initial: Uint8Array;
  /** After. */
  readonly final: Uint8Array;
}
