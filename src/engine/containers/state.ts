/**
 * A container's states and the moves between them. `starting` and `exiting` are the engine's own: to clients a starting
 * container is still what it was, and an exiting one is still running.
 *
 *   created ─► starting ─► running ◄─► paused
 *      ▲          │           │          │
 *      └──failed──┤           ▼          │
 *              exited ◄── exiting ◄──────┘
 *                 │ ▲         │
 *                 │ └─────────┴─► restarting ─► starting | exited
 *                 ▼
 *   any but running/paused ─► removing ─► gone, or dead when removing failed
 */
export interface ExitRecord {
  /** 0 to 255; 128 + signal when a signal ended the process. */
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** The reason, if it was not the program's own: a failed start, a lost shim. */
  readonly error: string;
  /** RFC 3339. */
  readonly finishedAt: string;
}

/** Identity of a container's init: a pid alone may belong to another process by now. */
interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat in clock ticks, decimal. */
  readonly startTime: string;
  readonly bootId: string;
}

export type ContainerState =
  /** `failure`: the last start failed before the command ran (Docker keeps such a container "created"). */
  | { readonly status: 'created'; readonly failure?: ExitRecord }
  | { readonly status: 'starting'; readonly before: StoppedState; readonly bootId: string }
  | { readonly status: 'running'; readonly process: ProcessIdentity; readonly startedAt: string }
  | { readonly status: 'paused'; readonly process: ProcessIdentity; readonly startedAt: string }
  | { readonly status: 'exiting'; readonly startedAt: string; readonly exit: ExitRecord }
  | {
      readonly status: 'restarting';
      readonly startedAt: string;
      readonly exit: ExitRecord;
      /** Length of the back-off, chosen at the exit, in milliseconds. */
      readonly delay: number;
    }
  | { readonly status: 'exited'; readonly startedAt: string; readonly exit: ExitRecord }
  | {
      readonly status: 'removing';
      readonly startedAt: string;
      readonly exit: ExitRecord | null;
      /** Its anonymous volumes are removed too. */
      readonly volumes: boolean;
    }
  | { readonly status: 'dead'; readonly startedAt: string; readonly exit: ExitRecord };

export type StoppedState = Extract<ContainerState, { status: 'created' | 'exited' | 'restarting' }>;
export type ContainerStatus = ContainerState['status'];

/** The allowed transitions. */
export const transitions: Readonly<Record<ContainerStatus, readonly ContainerStatus[]>> = {
  created: ['starting', 'removing'],
  starting: ['running', 'exiting', 'created', 'exited', 'restarting'],
  running: ['paused', 'exiting'],
  paused: ['running', 'exiting'],
  exiting: ['exited', 'restarting'],
  restarting: ['starting', 'exited', 'removing'],
  exited: ['starting', 'removing'],
  removing: ['dead'],
  dead: ['removing'],
};

/** Whether the change is one of `transitions`. */
export function canBecome(from: ContainerStatus, to: ContainerStatus): boolean {
  return transitions[from].includes(to);
}

/** True while a process of the container exists or is about to exist. */
export function isUp(state: ContainerState): boolean {
  return (
    state.status === 'running' ||
    state.status === 'paused' ||
    state.status === 'starting' ||
    state.status === 'exiting'
  );
}

/** The status that clients see. */
export function shownStatus(
  state: ContainerState,
): 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead' {
  if (state.status === 'starting') return state.before.status;
  if (state.status === 'exiting') return 'running';
  return state.status;
}

/** The last exit, if there was one. */
export function lastExit(state: ContainerState): ExitRecord | undefined {
  switch (state.status) {
    case 'exited':
    case 'exiting':
    case 'restarting':
    case 'dead':
      return state.exit;
    case 'removing':
      return state.exit ?? undefined;
    case 'created':
      return state.failure;
    case 'starting':
      return lastExit(state.before);
    default:
      return undefined;
  }
}

/** When the current or last run began; undefined before the first. */
export function lastStart(state: ContainerState): string | undefined {
  if (state.status === 'created') return undefined;
  if (state.status === 'starting') return lastStart(state.before);
  return state.startedAt === '' ? undefined : state.startedAt;
}
