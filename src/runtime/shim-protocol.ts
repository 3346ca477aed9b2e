/**
 * What engine, keeper and shims say to each other. Both channels are stream sockets carrying frames:
 *
 *     u32 length (of type and payload) · u8 type · payload      all integers little-endian, strings as in byte-codec.ts
 *
 * A requester numbers its requests with `seq`; the answer bears the same number. Times are nanoseconds since 1970.
 *
 * # The keeper
 *
 *     tcompose-shim keeper --lib DIR --run DIR [--cgroup PROCS_FILE]… --engine NODE ENGINE_CJS
 *
 * All paths absolute. Re-executes itself from a sealed memfd, takes an exclusive flock on `RUN/keeper.lock`, detaches (new session, cwd /,
 * umask 022, stdio on /dev/null and `RUN/engine.log`, put aside as engine.log.1 when larger than 4 MiB), writes `RUN/keeper.pid`, and puts itself into each PROCS_FILE
 * given (a cgroup.procs; failures are logged). The process that was started exits as soon as the keeper is up:
 *
 *     0  the keeper runs and has forked the engine      3  another keeper holds the lock: nothing was started
 *     1  it could not start; the sentence is on stderr
 *
 * The engine is `NODE ENGINE_CJS --lib DIR --run DIR` with stdin /dev/null, stdout and stderr on `RUN/engine.log`
 * (append), fd 3 the socket to the keeper, and in its environment beside the keeper's own:
 *
 *     TCOMPOSE_KEEPER_FD=3   TCOMPOSE_KEEPER_PID=<pid>   TCOMPOSE_SHIM=<path the keeper binary was started by>
 *     TCOMPOSE_ENGINE_RESTARTS=<engines that ended without exit 0 before this one>
 *
 * Exit 0 ends the keeper too, as does any exit after a `shutdown` frame. Any other end starts a new engine: at once the
 * first time, then after 100 ms, doubling up to 5 s; an engine that lived 10 s starts the count anew, and one that sent
 * `serves` is followed within 100 ms. Five ends within 10 s, none of them after `serves`: the keeper writes why into
 * engine.log and exits with 1. Shims are not concerned by any of this.
 *
 * # Run directory of a shim (LaunchPlan.runDir, made by the engine)
 *
 *     shim.sock  listening before the spawn is answered     pid   before the command runs    exit  before it is announced
 *
 * # Modes of the binary without a keeper
 *
 *     tcompose-shim spawn < plan       binds RUN_DIR/shim.sock, forks the shim, prints its pid, exits 0 (oci CLI, tests)
 *     tcompose-shim plan-print < plan  prints what formatLaunchPlan prints; exit 1 and a sentence for a bad plan
 *     tcompose-shim version            prints `plan <version> protocol <version>`
 */

import { ByteReader, ByteWriter } from './byte-codec.ts';
import type { LaunchPlan } from './launch-plan.ts';

/** Version of all frames here; the hello frames carry it. */
export const shimProtocolVersion = 1;

/** Largest frame either side accepts, in bytes (a plan with a large environment is the longest). */
export const maxFrameLength = 16 << 20;

/** Engine → keeper. */
export type KeeperRequest =
  /** The plan goes as bytes: the keeper hands it to the shim unread but for runDir. */
  | { readonly type: 'spawn'; readonly seq: number; readonly runDir: string; readonly plan: Uint8Array }
  | { readonly type: 'list'; readonly seq: number }
  /** The keeper exits as soon as this engine has exited, whatever its status. */
  | { readonly type: 'shutdown' }
  /** The engine has started and answers clients. */
  | { readonly type: 'serves' };

/** Keeper → engine. */
export type KeeperEvent =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly planVersion: number;
      readonly pid: number;
      readonly restarts: number;
    }
  | { readonly type: 'spawned'; readonly seq: number; readonly pid: number }
  | { readonly type: 'spawn-failed'; readonly seq: number; readonly errno: number; readonly what: string }
  /** The shims this keeper is the parent of; those of an earlier keeper are found by their run directories. */
  | {
      readonly type: 'list';
      readonly seq: number;
      readonly shims: readonly { readonly pid: number; readonly runDir: string }[];
    }
  /**
   * A shim has ended. `status` as of waitpid(2): exit 0 after a reap or alone for a minute after the container's end; killed; or
   * 70 could not take its place, 71 out of memory, 72 could not go back to the host's namespaces, 74 poll(2) failed.
   */
  | { readonly type: 'shim-gone'; readonly pid: number; readonly runDir: string; readonly status: number };

/** Engine → shim. Any number of connections at once; one that has attached gets output frames as well. */
export type ShimRequest =
  /** The present state is sent at once (if there is one yet) and every later one; logs: log-grew notices too. */
  | { readonly type: 'subscribe'; readonly logs: boolean }
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
    }
  | { readonly type: 'stdin'; readonly bytes: Uint8Array }
  | { readonly type: 'stdin-close' }
  | { readonly type: 'sockets'; readonly seq: number }
  /** Encoded NetworkOp[] (encodeNetworkOps), carried out in the container's network namespace while it runs. */
  | { readonly type: 'network'; readonly seq: number; readonly ops: Uint8Array }
  | { readonly type: 'release-socket'; readonly seq: number; readonly name: string }
  /** The exit (or failure) is known and recorded: the shim ends. EBUSY while the container lives. */
  | { readonly type: 'reap'; readonly seq: number };

export type OutputStream = 'stdout' | 'stderr';

/** Where a launch stands; whichever is the present truth is told upon subscribing. */
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
  readonly phase: 'plan' | 'host' | 'network' | 'clone' | 'setup' | 'process' | 'exec';
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

/** Shim → engine. */
export type ShimEvent =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly pid: number;
      readonly kind: LaunchPlan['kind'];
      readonly id: string;
    }
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

const phases = ['plan', 'host', 'network', 'clone', 'setup', 'process', 'exec'] as const;
const kinds = ['run', 'exec'] as const;
const streams = ['stdout', 'stderr'] as const;
const endReasons = ['eof', 'slow'] as const;

function frame(type: number, write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter();
  out.u32(0);
  out.u8(type);
  write(out);
  out.patchU32(0, out.length - 4);
  return out.finish();
}

export function encodeKeeperRequest(request: KeeperRequest): Buffer {
  switch (request.type) {
    case 'spawn':
      return frame(1, (out) => {
        out.u32(request.seq);
        out.string(request.runDir);
        out.bytes(request.plan);
      });
    case 'list':
      return frame(2, (out) => out.u32(request.seq));
    case 'shutdown':
      return frame(3, () => {});
    case 'serves':
      return frame(4, () => {});
  }
}

/** `payload` is a whole frame without its length. Throws RUNTIME_PROTOCOL for anything not understood. */
export function decodeKeeperEvent(payload: Buffer): KeeperEvent {
  const input = new ByteReader(payload, 'RUNTIME_PROTOCOL');
  const event = readKeeperEvent(input);
  input.end();
  return event;
}

function readKeeperEvent(input: ByteReader): KeeperEvent {
  const type = input.u8();
  switch (type) {
    case 128:
      return {
        type: 'hello',
        protocol: input.u32(),
        planVersion: input.u32(),
        pid: input.u32(),
        restarts: input.u32(),
      };
    case 129:
      return { type: 'spawned', seq: input.u32(), pid: input.u32() };
    case 130:
      return { type: 'spawn-failed', seq: input.u32(), errno: input.i32(), what: input.string() };
    case 131:
      return {
        type: 'list',
        seq: input.u32(),
        shims: list(input, () => ({ pid: input.u32(), runDir: input.string() })),
      };
    case 132:
      return { type: 'shim-gone', pid: input.u32(), runDir: input.string(), status: input.i32() };
    default:
      return input.fail(`the keeper sent a frame of unknown type ${type}`);
  }
}

export function encodeShimRequest(request: ShimRequest): Buffer {
  switch (request.type) {
    case 'subscribe':
      return frame(1, (out) => out.u8(request.logs ? 1 : 0));
    case 'start':
      return frame(2, (out) => out.u32(request.seq));
    case 'signal':
      return frame(3, (out) => {
        out.u32(request.seq);
        out.u32(request.signal);
      });
    case 'resize':
      return frame(4, (out) => {
        out.u32(request.seq);
        out.u32(request.rows);
        out.u32(request.columns);
      });
    case 'attach':
      return frame(5, (out) => {
        out.u32(request.seq);
        out.u8((request.stdin ? 1 : 0) | (request.stdout ? 2 : 0) | (request.stderr ? 4 : 0));
      });
    case 'stdin':
      return frame(6, (out) => out.raw(request.bytes));
    case 'stdin-close':
      return frame(7, () => {});
    case 'sockets':
      return frame(8, (out) => out.u32(request.seq));
    case 'network':
      return frame(9, (out) => {
        out.u32(request.seq);
        out.bytes(request.ops);
      });
    case 'release-socket':
      return frame(10, (out) => {
        out.u32(request.seq);
        out.string(request.name);
      });
    case 'reap':
      return frame(11, (out) => out.u32(request.seq));
  }
}

/** `payload` is a whole frame without its length. Throws RUNTIME_PROTOCOL for anything not understood. */
export function decodeShimEvent(payload: Buffer): ShimEvent {
  const input = new ByteReader(payload, 'RUNTIME_PROTOCOL');
  const event = readShimEvent(input);
  if (event.type !== 'output') input.end();
  return event;
}

function readShimEvent(input: ByteReader): ShimEvent {
  const type = input.u8();
  switch (type) {
    case 128:
      return {
        type: 'hello',
        protocol: input.u32(),
        pid: input.u32(),
        kind: oneOf(input, kinds),
        id: input.string(),
      };
    case 129:
      return { type: 'created', pid: input.u32(), startTime: input.u64(), warnings: strings(input) };
    case 130:
      return {
        type: 'started',
        pid: input.u32(),
        startTime: input.u64(),
        startedAt: input.u64(),
        warnings: strings(input),
      };
    case 131:
      return {
        type: 'failed',
        phase: oneOf(input, phases),
        step: input.i32(),
        op: input.string(),
        errno: input.i32(),
        detail: input.string(),
        exitCode: input.i32(),
        finishedAt: input.u64(),
      };
    case 132:
      return {
        type: 'exited',
        code: input.i32(),
        signal: input.i32(),
        oomKilled: input.u8() !== 0,
        startedAt: input.u64(),
        finishedAt: input.u64(),
        droppedLines: input.u64(),
      };
    case 133:
      return { type: 'output', stream: oneOf(input, streams), bytes: input.rest() };
    case 134:
      return { type: 'output-end', reason: oneOf(input, endReasons) };
    case 135:
      return { type: 'log-grew', generation: input.u32(), size: input.u64(), droppedLines: input.u64() };
    case 136:
      return {
        type: 'answer',
        seq: input.u32(),
        errno: input.i32(),
        step: input.i32(),
        what: input.string(),
      };
    case 137:
      return {
        type: 'sockets',
        seq: input.u32(),
        sockets: list(input, () => ({ name: input.string(), fd: input.u32() })),
      };
    default:
      return input.fail(`the shim sent a frame of unknown type ${type}`);
  }
}

function list<T>(input: ByteReader, read: () => T): T[] {
  return Array.from({ length: input.count() }, read);
}

function strings(input: ByteReader): string[] {
  return list(input, () => input.string());
}

function oneOf<T extends string>(input: ByteReader, names: readonly T[]): T {
  const index = input.u8();
  return names[index] ?? input.fail(`a value ${index} is none of ${names.join(', ')}`);
}
