import { Socket } from 'node:net';
import { errnoName } from '../../errno.ts';
import { TcomposeError } from '../../errors.ts';
import { readFrames } from './frame-socket.ts';
import { decodeKeeperEvent, encodeKeeperRequest } from './keeper-codec.ts';
import type { KeeperEvent } from './keeper-messages.ts';
import { register } from './listeners.ts';
import { PendingAnswers } from './pending-answers.ts';
import { shimProtocolVersion } from './shim-protocol.ts';

/** A shim that is a child of the keeper. */
interface KeeperShim {
  readonly pid: number;
  readonly runDir: string;
}

/** The engine's end of the socket to its keeper. */
export interface KeeperConnection {
  readonly pid: number;
  /** How many engines ended without exit 0 before this one. */
  readonly restarts: number;
  /**
   * Starts a shim for an encoded launch plan; `runDir` must be the plan's and exist. Resolves when `runDir/shim.sock`
   * accepts connections. Rejects with RUNTIME_SPAWN (`cause.errno` has the number) or RUNTIME_GONE.
   */
  spawn(plan: Uint8Array, runDir: string): Promise<{ readonly pid: number }>;
  /** Shims that are children of this keeper. */
  list(): Promise<readonly KeeperShim[]>;
  /** Called when a shim of this keeper has ended; `status` as of waitpid(2). Returns the function that removes the listener. */
  onShimGone(listener: (shim: KeeperShim & { readonly status: number }) => void): () => void;
  /** Called once when the keeper has died, immediately if it already has. */
  onKeeperGone(listener: () => void): () => void;
  /** Tells the keeper to end after this engine, which must exit next. */
  shutdown(): void;
  /** Tells the keeper that this engine has started: if it is killed, the next one is started at once. */
  serves(): void;
}

/**
 * Takes over fd 3 (or `fd`), the socket that the keeper left open for the engine, and waits for its hello. Rejects with
 * RUNTIME_PROTOCOL when keeper and engine are of different releases, RUNTIME_GONE when there is no keeper.
 */
export function connectKeeper(fd = 3): Promise<KeeperConnection> {
  const socket = new Socket({ fd, readable: true, writable: true });
  const shimGone = new Set<(shim: KeeperShim & { readonly status: number }) => void>();
  const keeperGone = new Set<() => void>();
  const spawns = new PendingAnswers<{ readonly pid: number }>();
  const lists = new PendingAnswers<readonly KeeperShim[]>();
  let gone = false;

  return new Promise((resolve, reject) => {
    const onHello = (hello: Extract<KeeperEvent, { type: 'hello' }>) => {
      if (hello.protocol !== shimProtocolVersion)
        throw new TcomposeError(
          'RUNTIME_PROTOCOL',
          `the keeper (pid ${hello.pid}) speaks protocol ${hello.protocol}, this engine ${shimProtocolVersion}`,
          { hint: 'Stop the engine with the release that started it, then start it again.' },
        );
      resolve({
        pid: hello.pid,
        restarts: hello.restarts,
        spawn: (plan, runDir) =>
          spawns.request((seq) => socket.write(encodeKeeperRequest({ type: 'spawn', seq, runDir, plan }))),
        list: () => lists.request((seq) => socket.write(encodeKeeperRequest({ type: 'list', seq }))),
        onShimGone: (listener) => register(shimGone, listener),
        onKeeperGone: (listener) => {
          if (gone) queueMicrotask(listener);
          return register(keeperGone, listener);
        },
        shutdown: () => void socket.write(encodeKeeperRequest({ type: 'shutdown' })),
        serves: () => void socket.write(encodeKeeperRequest({ type: 'serves' })),
      });
    };
    readFrames(socket, {
      frame: (payload) => {
        const event = decodeKeeperEvent(payload);
        switch (event.type) {
          case 'hello':
            return onHello(event);
          case 'spawned':
            return spawns.settle(event.seq, { pid: event.pid });
          case 'spawn-failed':
            return spawns.fail(event.seq, spawnError(event.errno, event.what));
          case 'list':
            return lists.settle(event.seq, event.shims);
          case 'shim-gone':
            for (const listener of [...shimGone]) listener(event);
        }
      },
      closed: (cause) => {
        gone = true;
        const error =
          cause instanceof TcomposeError
            ? cause
            : new TcomposeError('RUNTIME_GONE', 'the keeper has gone', { cause });
        reject(error);
        spawns.end(error);
        lists.end(error);
        for (const listener of [...keeperGone]) listener();
      },
    });
  });
}

function spawnError(errno: number, what: string): TcomposeError {
  const cause = Object.assign(new Error(`${what}: ${errnoName(errno)}`), { errno });
  return new TcomposeError('RUNTIME_SPAWN', `the container's shim could not be started: ${cause.message}`, {
    cause,
  });
}
