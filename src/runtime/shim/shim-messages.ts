import type { LaunchPlan } from '../launch/launch-plan.ts';

/** Engine → shim. Any number of connections at the same time; one that has attached also gets output frames. */
export type ShimRequest =
  /**
   * The present state is sent at once (if there is one yet), and every later one; with `logs` log-grew notices, too.
   * `holdFrom`: the log is not rotated beyond this generation, so that no file is dropped that a follower still has to
   * open; each request replaces the previous one.
   */
  | { readonly type: 'subscribe'; readonly logs: boolean; readonly holdFrom?: number }
  | { readonly type: 'start'; readonly seq: number }
  /** Sent to the container's init (or the exec'd process) through its pidfd. */
  | { readonly type: 'signal'; readonly seq: number; readonly signal: number }
  | { readonly type: 'resize'; readonly seq: number; readonly rows: number; readonly columns: number }
  /** Answered before the first output frame; earlier output is in the log, not here. */
  | {
      readonly type: 'attach';
      readonly seq: number;
      readonly stdin: boolean;
      readonly stdout: boolean;
      readonly stderr: boolean;
      /** The output waits for this client, as an exec's does for every client: it is not dropped when it is slow. */
      readonly holds?: boolean;
    }
  | { readonly type: 'stdin'; readonly bytes: Uint8Array }
  | { readonly type: 'stdin-close' }
  | { readonly type: 'sockets'; readonly seq: number }
  /** Encoded NetworkOp[] (encodeNetworkOps), carried out in the container's network namespace while it runs. */
  | { readonly type: 'network'; readonly seq: number; readonly ops: Uint8Array }
  | { readonly type: 'release-socket'; readonly seq: number; readonly name: string }
  /** Keeps a copy, under this name, of a socket that another process holds. */
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

/** The state of a launch; upon subscribing the present one is reported. */
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
  /** Part of the plan that contains the step; for `process`, the steps are those that process.c names in `op`. */
  readonly phase: 'plan' | 'host' | 'network' | 'clone' | 'setup' | 'process' | 'exec' | 'runtime';
  /** Index of the step in the plan's list of that phase, or -1. */
  readonly step: number;
  /** Op or system call, for example `bind` or `execve`. */
  readonly op: string;
  readonly errno: number;
  /** The object of the op, for example a path; may be empty. */
  readonly detail: string;
  /** Docker's exit code: 127 (command not found), 126 (not executable), else 128. */
  readonly exitCode: number;
  readonly finishedAt: bigint;
}

/** The command has ended; times are nanoseconds since 1970. */
export interface ShimExit {
  readonly type: 'exited';
  /** 128 + signal when a signal killed it. */
  readonly code: number;
  /** 0: it exited by itself. */
  readonly signal: number;
  readonly oomKilled: boolean;
  readonly startedAt: bigint;
  readonly finishedAt: bigint;
  /** Lines that are missing in the log because the disk was full. */
  readonly droppedLines: bigint;
}

/** First frame of every connection; later frames follow its `protocol`. */
export interface ShimHello {
  readonly type: 'hello';
  readonly protocol: number;
  /** The shim's own pid. */
  readonly pid: number;
  readonly kind: LaunchPlan['kind'];
  readonly id: string;
}

/** Shim → engine. */
export type ShimEvent =
  | ShimHello
  | ShimState
  /** With a tty all output is stdout. */
  | { readonly type: 'output'; readonly stream: OutputStream; readonly bytes: Buffer }
  /** Last frame of an attachment: all output was sent (`eof`), or the client was 4 MiB behind (`slow`). */
  | { readonly type: 'output-end'; readonly reason: 'eof' | 'slow' }
  /**
   * Merged, at most one per 10 ms. `generation` counts rotations since the shim started, `size` is that of the current
   * file.
   */
  | {
      readonly type: 'log-grew';
      readonly generation: number;
      readonly size: bigint;
      readonly droppedLines: bigint;
    }
  /** errno 0: success. `step`/`what` say which network op failed, else -1 and the system call. */
  | {
      readonly type: 'answer';
      readonly seq: number;
      readonly errno: number;
      readonly step: number;
      readonly what: string;
    }
  /** Descriptors in the shim, for pidfd_getfd on hello.pid. */
  | {
      readonly type: 'sockets';
      readonly seq: number;
      readonly sockets: readonly { readonly name: string; readonly fd: number }[];
    };
