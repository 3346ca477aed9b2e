import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { TcomposeError } from '../errors.ts';
import { PendingAnswers, readFrames } from './frame-socket.ts';
import { errnoName } from './keeper-client.ts';
import type { OutputStream, ShimEvent, ShimRequest, ShimState } from './shim-protocol.ts';
import { decodeShimEvent, encodeShimRequest, shimProtocolVersion } from './shim-protocol.ts';

export type LogGrew = Omit<Extract<ShimEvent, { type: 'log-grew' }>, 'type'>;

/** One connection to a shim. Requests reject with RUNTIME_SHIM (`cause.errno`, `cause.step`) or RUNTIME_GONE. */
export interface ShimConnection {
  readonly runDir: string;
  readonly id: string;
  /** Pid of the shim itself, the one to pidfd_open for sockets. */
  readonly shimPid: number;
  /**
   * Tells the present state as soon as there is one, then each later one. Returns the release. With several listeners
   * each gets the latest state first.
   */
  onState(listener: (state: ShimState) => void): () => void;
  /** Coalesced notices that the log has new lines or was rotated. Returns the release. */
  onLogGrew(listener: (grew: LogGrew) => void): () => void;
  /** The connection is over (the shim ended or was killed). Called once, at once when it already is. */
  onClose(listener: (error: Error | undefined) => void): () => void;
  /** Runs the command of a plan with waitForStart. */
  start(): Promise<void>;
  /** Signal number to the container's init. ESRCH once it has exited. */
  signal(signal: number): Promise<void>;
  resize(rows: number, columns: number): Promise<void>;
  /** Held sockets by name → fd number in the shim. */
  sockets(): Promise<ReadonlyMap<string, number>>;
  /** Carries out encoded network ops (encodeNetworkOps of plan-codec.ts) in the running container's network namespace. */
  network(ops: Uint8Array): Promise<void>;
  /** Closes a held socket. */
  releaseSocket(name: string): Promise<void>;
  /** Opens further connections that carry output and stdin; resolves when no later byte of output can be missed. */
  attach(streams: AttachStreams): Promise<ShimAttachment>;
  /** The exit was recorded: the shim ends. Resolves also when it is already gone. */
  reap(): Promise<void>;
  close(): void;
}

export interface AttachStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

export interface ShimAttachment {
  /** Set before the next tick: output is not buffered for a listener to come. */
  onOutput(listener: (stream: OutputStream, bytes: Buffer) => void): void;
  /** How the output ended: all of it seen, this client too slow (run only), or the shim gone. */
  readonly ended: Promise<'eof' | 'slow' | 'gone'>;
  /** Back-pressure: an exec stops when its client does not read; a run drops the client once it is 4 MiB behind. */
  pause(): void;
  resume(): void;
  /** Writes stdin; resolves when the bytes have left for the shim (await it for back-pressure). */
  write(bytes: Uint8Array): Promise<void>;
  /** Closes this client's half of stdin. */
  endStdin(): void;
  close(): void;
}

type Hello = Extract<ShimEvent, { type: 'hello' }>;

/**
 * Connects to `runDir/shim.sock` and reads the shim's hello. Rejects with RUNTIME_GONE when nobody listens (`cause.code`
 * ECONNREFUSED, ENOENT) and RUNTIME_PROTOCOL when the shim is of a release with other frames.
 */
export async function connectShim(runDir: string): Promise<ShimConnection> {
  const socket = await openSocket(runDir);
  const states = new Set<(state: ShimState) => void>();
  const logs = new Set<(grew: LogGrew) => void>();
  const closes = new Set<(error: Error | undefined) => void>();
  const answers = new PendingAnswers<void>();
  const socketLists = new PendingAnswers<ReadonlyMap<string, number>>();
  let latest: ShimState | undefined;
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

  const hello = await new Promise<Hello>((resolve, reject) => {
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

/**
 * What ShimConnection.attach gives, for callers that need nothing else of the shim. Stdin has a connection of its own: a
 * write to a process that has just ended fails and takes its socket down, with all output on it that was not yet read.
 */
export async function attachShim(runDir: string, streams: AttachStreams): Promise<ShimAttachment> {
  let output: (stream: OutputStream, bytes: Buffer) => void = () => {};
  const opening = [
    openAttachment(runDir, { ...streams, stdin: false }, (stream, bytes) => output(stream, bytes)),
    ...(streams.stdin
      ? [openAttachment(runDir, { stdin: true, stdout: false, stderr: false }, () => {})]
      : []),
  ];
  const [outgoing, incoming] = await Promise.all(opening).catch(async (error) => {
    for (const one of await Promise.allSettled(opening))
      if (one.status === 'fulfilled') one.value.socket.destroy();
    throw error;
  });
  const { socket, ended } = outgoing!;
  const stdin = incoming?.socket;

  return {
    onOutput: (listener) => {
      output = listener;
    },
    ended,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    write: async (bytes) => {
      for (let at = 0; at < bytes.length && stdin !== undefined; at += stdinChunk) {
        const part = encodeShimRequest({ type: 'stdin', bytes: bytes.subarray(at, at + stdinChunk) });
        await new Promise<void>((resolve, reject) =>
          stdin.write(part, (error) => (error ? reject(goneError(runDir, error)) : resolve())),
        );
      }
    },
    endStdin: () => {
      if (stdin?.destroyed === false) stdin.write(encodeShimRequest({ type: 'stdin-close' }));
    },
    close: () => {
      socket.destroy();
      stdin?.destroy();
    },
  };
}

/** One attach connection, answered: no later byte of its streams can be missed. */
async function openAttachment(
  runDir: string,
  streams: AttachStreams,
  output: (stream: OutputStream, bytes: Buffer) => void,
): Promise<{ readonly socket: Socket; readonly ended: ShimAttachment['ended'] }> {
  const socket = await openSocket(runDir);
  let finish: (reason: 'eof' | 'slow' | 'gone') => void = () => {};
  const ended = new Promise<'eof' | 'slow' | 'gone'>((resolve) => {
    finish = resolve;
  });
  await new Promise<void>((resolve, reject) => {
    readFrames(socket, {
      frame: (payload) => {
        const event = decodeShimEvent(payload);
        if (event.type === 'hello') checkHello(event);
        else if (event.type === 'output') output(event.stream, event.bytes);
        else if (event.type === 'output-end') finish(event.reason);
        else if (event.type === 'answer') event.errno === 0 ? resolve() : socket.destroy(requestError(event));
      },
      closed: (error) => {
        reject(goneError(runDir, error));
        finish('gone');
      },
    });
    socket.write(encodeShimRequest({ type: 'attach', seq: 1, ...streams }));
  });
  return { socket, ended };
}

/** Bytes of stdin in a frame: what the shim takes in one piece (native/client.h). */
const stdinChunk = 32 << 10;

/** A unix socket address holds 107 bytes; a longer path goes through an open descriptor of its directory. */
async function openSocket(runDir: string): Promise<Socket> {
  const path = `${runDir}/shim.sock`;
  try {
    if (Buffer.byteLength(path) <= 107) return await connected(path);
    const directory = await open(runDir, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      return await connected(`/proc/self/fd/${directory.fd}/shim.sock`);
    } finally {
      await directory.close();
    }
  } catch (cause) {
    throw new TcomposeError('RUNTIME_GONE', `no shim listens in ${runDir}`, { cause });
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function checkHello(hello: Hello): Hello {
  if (hello.protocol !== shimProtocolVersion)
    throw new TcomposeError(
      'RUNTIME_PROTOCOL',
      `the shim of ${hello.id} (pid ${hello.pid}) speaks protocol ${hello.protocol}, this engine ${shimProtocolVersion}`,
      { hint: 'Stop the container with the release that started it.' },
    );
  return hello;
}

function requestError(answer: Extract<ShimEvent, { type: 'answer' }>): TcomposeError {
  const cause = Object.assign(new Error(`${answer.what}: ${errnoName(answer.errno)}`), {
    errno: answer.errno,
    step: answer.step,
  });
  return new TcomposeError('RUNTIME_SHIM', `the container's shim could not do it: ${cause.message}`, {
    cause,
  });
}

function goneError(runDir: string, cause: Error | undefined): TcomposeError {
  if (cause instanceof TcomposeError) return cause;
  return new TcomposeError('RUNTIME_GONE', `the shim of ${runDir} has gone`, { cause });
}

function register<T>(set: Set<T>, listener: T): () => void {
  set.add(listener);
  return () => void set.delete(listener);
}
