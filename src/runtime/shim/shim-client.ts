import { TcomposeError } from '../../errors.ts';
import { type AttachStreams, attachShim, type ShimAttachment } from './attach.ts';
import { readFrames } from './frame-socket.ts';
import { register } from './listeners.ts';
import { LogHolds } from './log-holds.ts';
import { PendingAnswers } from './pending-answers.ts';
import { decodeShimEvent, encodeShimRequest } from './shim-codec.ts';
import { checkHello, goneError, requestError } from './shim-errors.ts';
import type { ShimEvent, ShimHello, ShimRequest, ShimState } from './shim-messages.ts';
import { openSocket } from './shim-socket.ts';

/** See ShimEvent. */
type LogGrew = Omit<Extract<ShimEvent, { type: 'log-grew' }>, 'type'>;

interface LogFollow {
  /** Says that the file of this generation is open, and so are earlier ones. */
  opened(generation: number): void;
  /** Idempotent. */
  release(): void;
}

/** One connection to a shim. Requests reject with RUNTIME_SHIM (`cause.errno`, `cause.step`) or RUNTIME_GONE. */
export interface ShimConnection {
  readonly runDir: string;
  readonly id: string;
  /** Pid of the shim itself, for which to open a pidfd for sockets. */
  readonly shimPid: number;
  /**
   * Reports the present state as soon as there is one, then each later one. Returns the function that removes the
   * listener. Each of several listeners gets the latest state first.
   */
  onState(listener: (state: ShimState) => void): () => void;
  /** Merged notices that the log has new lines or was rotated. Returns the function that removes the listener. */
  onLogGrew(listener: (grew: LogGrew) => void): () => void;
  /**
   * The same for a listener that needs every line: however often rotation would be due, the log is rotated no further
   * than to the file after the one that was last reported as `opened` (within limits: log-writer.h).
   */
  followLog(listener: (grew: LogGrew) => void): LogFollow;
  /** Called once when the connection is over (the shim ended or was killed), immediately if it already is. */
  onClose(listener: (error: Error | undefined) => void): () => void;
  /** Runs the command of a plan with waitForStart. */
  start(): Promise<void>;
  /** Sends a signal number to the container's init. ESRCH once it has exited. */
  signal(signal: number): Promise<void>;
  resize(rows: number, columns: number): Promise<void>;
  /** Held sockets by name → descriptor in the shim. */
  sockets(): Promise<ReadonlyMap<string, number>>;
  /** Carries out encoded network ops (encodeNetworkOps of plan-codec.ts) in the running container's network namespace. */
  network(ops: Uint8Array): Promise<void>;
  /** Closes a held socket. */
  releaseSocket(name: string): Promise<void>;
  /** Keeps a copy of a socket that another shim holds, so that it outlives that one. */
  takeSocket(name: string, from: { readonly pid: number; readonly fd: number }): Promise<void>;
  /** Opens additional connections for output and stdin; resolves when no later byte of output can be missed. */
  attach(streams: AttachStreams): Promise<ShimAttachment>;
  /** The exit was recorded, so the shim may end. Also resolves if it is already gone. */
  reap(): Promise<void>;
  close(): void;
}

/**
 * Connects to `runDir/shim.sock` and reads the shim's hello. Rejects with RUNTIME_GONE when nothing listens
 * (`cause.code` ECONNREFUSED, ENOENT) and RUNTIME_PROTOCOL when the shim's release has other frames.
 */
export async function connectShim(runDir: string): Promise<ShimConnection> {
  const socket = await openSocket(runDir);
  const states = new Set<(state: ShimState) => void>();
  const logs = new Set<(grew: LogGrew) => void>();
  const closes = new Set<(error: Error | undefined) => void>();
  const answers = new PendingAnswers<void>();
  const socketLists = new PendingAnswers<ReadonlyMap<string, number>>();
  let latest: ShimState | undefined;
  const holds = new LogHolds();
  let subscribed: 'no' | 'states' | 'logs' = 'no';
  let closed: { readonly error: Error | undefined } | undefined;

  const send = (request: ShimRequest) => {
    if (!socket.destroyed) socket.write(encodeShimRequest(request));
  };
  const subscribe = (to: 'states' | 'logs') => {
    if (subscribed === 'logs' || subscribed === to) return;
    subscribed = to;
    send({ type: 'subscribe', logs: to === 'logs' });
  };

  const hello = await new Promise<ShimHello>((resolve, reject) => {
    readFrames(socket, {
      frame: (payload) => {
        const event = decodeShimEvent(payload);
        switch (event.type) {
          case 'hello':
            resolve(checkHello(event));
            break;
          case 'created':
          case 'started':
          case 'failed':
          case 'exited':
            latest = event;
            for (const listener of [...states]) listener(event);
            break;
          case 'log-grew':
            for (const listener of [...logs]) listener(event);
            break;
          case 'answer':
            if (event.errno === 0) answers.settle(event.seq, undefined);
            else answers.fail(event.seq, requestError(event));
            break;
          case 'sockets':
            socketLists.settle(event.seq, new Map(event.sockets.map(({ name, fd }) => [name, fd])));
            break;
          case 'output':
          case 'output-end':
        }
      },
      closed: (error) => {
        closed = { error };
        const reason = goneError(runDir, error);
        reject(reason);
        answers.end(reason);
        socketLists.end(reason);
        for (const listener of [...closes]) listener(error);
      },
    });
  });

  return {
    runDir,
    id: hello.id,
    shimPid: hello.pid,
    onState: (listener) => {
      const release = register(states, listener);
      if (latest !== undefined) {
        const state = latest;
        queueMicrotask(() => states.has(listener) && latest === state && listener(state));
      }
      subscribe('states');
      return release;
    },
    onLogGrew: (listener) => {
      subscribe('logs');
      return register(logs, listener);
    },
    followLog: (listener) => {
      subscribed = 'logs';
      const release = register(logs, listener);
      const tell = () => send({ type: 'subscribe', logs: true, ...holds.request() });
      const hold = holds.add(tell);
      return {
        opened: hold.opened,
        release: () => {
          release();
          hold.release();
        },
      };
    },
    onClose: (listener) => {
      if (closed !== undefined) {
        const { error } = closed;
        queueMicrotask(() => listener(error));
      }
      return register(closes, listener);
    },
    start: () => answers.request((seq) => send({ type: 'start', seq })),
    signal: (signal) => answers.request((seq) => send({ type: 'signal', seq, signal })),
    resize: (rows, columns) => answers.request((seq) => send({ type: 'resize', seq, rows, columns })),
    sockets: () => socketLists.request((seq) => send({ type: 'sockets', seq })),
    network: (ops) => answers.request((seq) => send({ type: 'network', seq, ops })),
    releaseSocket: (name) => answers.request((seq) => send({ type: 'release-socket', seq, name })),
    takeSocket: (name, { pid, fd }) =>
      answers.request((seq) => send({ type: 'take-socket', seq, name, pid, fd })),
    attach: (streams) => attachShim(runDir, streams),
    reap: () =>
      answers
        .request((seq) => send({ type: 'reap', seq }))
        .catch((error: unknown) => {
          if (!(error instanceof TcomposeError && error.code === 'RUNTIME_GONE')) throw error;
        }),
    close: () => socket.destroy(),
  };
}
