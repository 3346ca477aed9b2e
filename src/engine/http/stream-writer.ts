import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

export interface StreamWriter {
  /** Resolves when more may be written: a caller that awaits it has at most one write in memory. */
  write(chunk: Uint8Array | string): Promise<void>;
  end(): void;
  /** The last write has to wait, so its promise is worth awaiting. */
  readonly full: boolean;
  readonly closed: boolean;
}

/**
 * A writer over a socket or an answer. What is written before `ready` resolves is delayed until then, in order. `wrote`
 * is called for each write that is sent.
 */
export function streamWriter(
  target: Duplex | ServerResponse,
  options: { readonly ready?: Promise<void>; readonly wrote?: () => void } = {},
): StreamWriter {
  let closed = false;
  const close = (): void => {
    closed = true;
  };
  target.on('close', close);
  target.on('error', close);
  let draining: Promise<void> | undefined;
  let held: (() => void)[] | undefined = options.ready === undefined ? undefined : [];
  void options.ready?.then(() => {
    const all = held ?? [];
    held = undefined;
    for (const one of all) one();
  });

  function write(chunk: Uint8Array | string): Promise<void> {
    if (closed || target.destroyed || target.writableEnded) return Promise.resolve();
    options.wrote?.();
    if (target.write(chunk)) return Promise.resolve();
    // All who write meanwhile wait for the same.
    draining ??= drained(target).finally(() => {
      draining = undefined;
    });
    return draining;
  }
  const end = (): void => {
    if (!target.writableEnded) target.end();
  };

  return {
    write: (chunk) =>
      held === undefined ? write(chunk) : new Promise((resolve) => held!.push(() => resolve(write(chunk)))),
    end() {
      if (held === undefined) end();
      else held.push(end);
    },
    get full() {
      return held !== undefined || target.writableNeedDrain;
    },
    get closed() {
      return closed || target.destroyed;
    },
  };
}

function drained(target: Duplex | ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      target.off('drain', done);
      target.off('close', done);
      resolve();
    };
    target.once('drain', done);
    target.once('close', done);
  });
}
