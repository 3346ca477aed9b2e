export type NamespaceSource = 'host' | 'new' | { readonly path: string };

/** Parts of a launch plan that the engine's own containers do without: what an OCI bundle and its caller may ask for. */
export interface TimeNamespacePlan {
  readonly source: NamespaceSource;
  /** Lines for timens_offsets (`monotonic 100 0`), for a new one; time_namespaces(7). */
  readonly offsets: string;
}

export interface CallerPlan {
  /** The shim ends once the command runs, so that the command's parent is the nearest subreaper (conmon). */
  readonly outlives: boolean;
  /** So many descriptors from 3 on are the command's too. */
  readonly preserveFds: number;
  /** Unix socket that receives the terminal's master; absent: the shim serves the terminal to its clients. */
  readonly consoleSocket?: string;
}

export interface HooksPlan {
  /** The container's state as JSON without its last brace; `,"status":…,"pid":…}` follows. */
  readonly state: string;
  readonly list: readonly HookPlan[];
}

/** prestart and createRuntime: by the monitor; createContainer and startContainer: by init. `timeout` in seconds, 0: none. */
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

/** Processors as bit masks, the first byte's lowest bit is processor 0; empty: as they are. */
export interface AffinityPlan {
  /** Before the control group is joined. */
  readonly initial: Uint8Array;
  /** After. */
  readonly final: Uint8Array;
}
