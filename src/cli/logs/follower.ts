import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { EventSink } from '../../events.ts';
import { type LogSource, readContainerLog } from './container-logs.ts';
import type { LogPosition } from './log-position.ts';

/** Follows the logs of containers that come and go; each line is emitted once, also across restarts. */
export class LogFollower {
  readonly #client: EngineClient;
  readonly #emit: EventSink;
  readonly #onError: (error: unknown) => void;
  readonly #abort = new AbortController();
  readonly #active = new Map<string, Promise<void>>();
  /** Container id → how far its log has been shown. */
  readonly #seen = new Map<string, LogPosition>();

  constructor(client: EngineClient, emit: EventSink, onError: (error: unknown) => void) {
    this.#client = client;
    this.#emit = emit;
    this.#onError = onError;
  }

  /**
   * Follows a container that runs, or is about to. Does nothing when it is followed already.
   * `since` (unix seconds) is where to begin when nothing of it was seen yet; undefined is its beginning.
   */
  follow(source: LogSource, since?: string, tail?: number): void {
    if (this.#active.has(source.id) || this.#abort.signal.aborted) return;
    const from = this.#seen.get(source.id);
    const work = readContainerLog(
      this.#client,
      source,
      {
        follow: true,
        signal: this.#abort.signal,
        ...(from === undefined ? {} : { from }),
        ...(since === undefined ? {} : { since }),
        ...(tail === undefined ? {} : { tail }),
      },
      this.#emit,
    )
      .then((position) => {
        if (position !== undefined) this.#seen.set(source.id, position);
      }, this.#onError)
      .finally(() => this.#active.delete(source.id));
    this.#active.set(source.id, work);
  }

  /** Waits until the log of a container that ended is read to its end, at most `limitMs`. */
  async drained(id: string, limitMs: number): Promise<void> {
    await bounded(this.#active.get(id), limitMs);
  }

  /** Waits for all logs to end, at most `limitMs`, then lets go of what is left. */
  async close(limitMs: number): Promise<void> {
    await bounded(Promise.all(this.#active.values()), limitMs);
    this.#abort.abort();
  }
}

async function bounded(work: Promise<unknown> | undefined, limitMs: number): Promise<void> {
  if (work === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    work,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    }),
  ]);
  clearTimeout(timer);
}
