import type { LaunchPlan } from '../launch/launch-plan.ts';

/** Engine → shim. Any number of connections at once; one that has attached gets output frames as well. */
export type ShimRequest =
  /**
   * The present state is sent at once (if there is one yet) and every later one; logs: log-grew notices too. `holdFrom`: the
   * log is not rotated beyond this generation, so that no file goes that a follower has yet to open; each request replaces it.
   */
  | { readonly type: 'subscribe'; readonly logs: boolean; readonly holdFrom?: number }
  | { readonly type: 'start'; readonly seq: number }
  /** To the container's init (or the exec'd process) by its pidfd. */
  | { readonly type: 'signal'; readonly seq: number; readonly signal: number }
  | { readonly type: 'resize'; readonly seq: number; readonly rows: number; readonly columns: number }
  /** Answered before the first output frame; what was written earlier is in the log, not here. */
  | {
      readonly type: 'attach';
      readonly seq: number;
      readonly stdin: boolean;
      readonly stdout: boolean;
      readonly stderr: boolean;
      /** The output waits for this client, as an exec's does for each: it is not dropped when it falls behind. */
      readonly holds?: boolean;
    }
  | { readonly type: 'stdin'; readonly bytes: Uint8Array }
  | { readonly type: 'stdin-close' }
  | { readonly type: 'sockets'; readonly seq: number }
  /** Encoded NetworkOp[] (encodeNetworkOps), carried out in the container's network namespace while it runs. */
  | { readonly type: 'network'; readonly seq: number; readonly ops: Uint8Array }
  | { readonly type: 'release-socket'; readonly seq: number; readonly name: string }
  /** Keeps a copy of a socket that another process holds, as one of this name. */
  | {
      readonly type: 'take-socket';
      readonly seq: number;
      readonly name: string;
      readonly pid: number;
      readonly fd: number;
    }
  /** The exit (or failure) is known and recorded: the shim ends. EBUSY while the container lives. */
  | { readonly type: 'reap'; readonly seq: number };

export type OutputStream = 'stdout' | 'stderr';

/** Where a launch stands; whichever is the present truth is reported upon subscribing. */
export type ShimState =
  /** Only with waitForStart: set up, the command not yet executed. */
  | {
      readonly type: 'created';
      readonly pid: number;
      readonly startTime: bigint;
      readonly warnings: readonly string[];
    }
  /** The command runs. `startTime`: clock ticks since boot, field 22 of /proc/<pid>/stat. */
  | {
      readonly type: 'started';
      readonly pid: number;
      readonly startTime: bigint;
      readonly startedAt: bigint;
      readonly warnings: readonly string[];
    }
  | ShimFailure
  | ShimExit;

/** Setting up failed; nothing of the container is left. */
export interface ShimFailure {
  readonly type: 'failed';
  /** Part of the plan the step belongs to; `process` has the steps that process.c names in `op`. */
  readonly phase: 'plan' | 'host' | 'network' | 'clone' | 'setup' | 'process' | 'exec' | 'runtime';
  /** Index of the step in the plan's list of that phase, or -1. */
  readonly step: number;
  /** Op or system call, e.g. `bind` or `execve`. */
  readonly op: string;
  readonly errno: number;
  /** What it was done to, e.g. a path; may be empty. */
  readonly detail: string;
  /** What docker would give: 127 (command not found), 126 (not executable), else 128. */
  readonly exitCode: number;
  readonly finishedAt: bigint;
}

/** The command has ended; times are nanoseconds since 1970. */
export interface ShimExit {
  readonly type: 'exited';
  /** 128 + signal when killed by one. */
  readonly code: number;
  /** 0: it exited by itself. */
  readonly signal: number;
  readonly oomKilled: boolean;
  readonly startedAt: bigint;
  readonly finishedAt: bigint;
  /** Lines that did not get into the log for want of space. */
  readonly droppedLines: bigint;
}

/** First frame of every connection; later frames are as of its `protocol`. */
export interface ShimHello {
  readonly type: 'hello';
  readonly protocol: number;
  /** Of the shim itself. */
  readonly pid: number;
  readonly kind: LaunchPlan['kind'];
  readonly id: string;
}

/** Shim → engine. */
export type ShimEvent =
  | ShimHello
  | ShimState
  /** With a tty everything is stdout. */
  | { readonly type: 'output'; readonly stream: OutputStream; readonly bytes: Buffer }
  /** Last frame of an attachment: all output was sent (`eof`), or the client fell 4 MiB behind (`slow`). */
  | { readonly type: 'output-end'; readonly reason: 'eof' | 'slow' }
  /** Coalesced, at most one per 10 ms. `generation` counts rotations since the shim started, `size` is of the current file. */
  | {
      readonly type: 'log-grew';
      readonly generation: number;
      readonly size: bigint;
      readonly droppedLines: bigint;
    }
  /** errno 0: done. `step`/`what` tell which network op failed, else -1 and the system call. */
  | {
      readonly type: 'answer';
      readonly seq: number;
      readonly errno: number;
      readonly step: number;
      readonly what: string;
    }
  /** fd numbers in the shim, for pidfd_getfd on hello.pid. */
  | {
      readonly type: 'sockets';
      readonly seq: number;
      readonly sockets: readonly { readonly name: string; readonly fd: number }[];
    };
