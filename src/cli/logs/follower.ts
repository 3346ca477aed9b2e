import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { EventSink } from '../../events.ts';
import { unixTime } from '../../rfc3339.ts';
import { type LogSource, readContainerLog } from './container-logs.ts';
import type { LogPosition } from './log-position.ts';

interface FollowerParts {
  readonly client: EngineClient;
  readonly emit: EventSink;
  readonly onError: (error: unknown) => void;
  /** See ReadLogOptions. */
  readonly drained?: () => Promise<void>;
}

/** Follows the logs of containers that come and go; each line is emitted once, also across restarts. */
export class LogFollower {
  readonly #parts: FollowerParts;
  readonly #abort = new AbortController();
  readonly #active = new Map<string, Promise<void>>();
  /** Followed ones that were started again: their log may have ended just before. */
  readonly #again = new Set<string>();
  /** Container id → how far its log has been shown. */
  readonly #seen = new Map<string, LogPosition>();
  /** Container id → time of the last line shown, unix seconds. */
  readonly #shown = new Map<string, string>();
  readonly #onLine = new Map<string, () => void>();

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /**
   * Follows a container that runs, or is about to. One that is followed already goes on being followed, also when its
   * log ends for a restart at this moment.
   * `since` (unix seconds) is where to begin when nothing of it was seen yet; undefined is its beginning.
   */
  follow(source: LogSource, since?: string, tail?: number): void {
    const { id } = source;
    if (this.#abort.signal.aborted) return;
    if (this.#active.has(id)) {
      this.#again.add(id);
      return;
    }
    const from = this.#seen.get(id);
    const { client, onError, drained } = this.#parts;
    const work = readContainerLog(
      client,
      source,
      {
        follow: true,
        signal: this.#abort.signal,
        ...(drained === undefined ? {} : { drained }),
        ...(from === undefined ? {} : { from }),
        ...(since === undefined ? {} : { since }),
        ...(tail === undefined ? {} : { tail }),
      },
      (event) => {
        this.#parts.emit(event);
        if (event.type === 'log' && event.timestamp !== undefined) this.#note(id, event.timestamp);
      },
    )
      .then((position) => {
        if (position !== undefined) this.#seen.set(id, position);
      }, onError)
      .finally(() => {
        this.#active.delete(id);
        this.#onLine.get(id)?.();
        if (this.#again.delete(id)) this.follow(source, since);
      });
    this.#active.set(id, work);
  }

  #note(id: string, timestamp: string): void {
    const time = unixTime(timestamp);
    if (time === undefined) return;
    this.#shown.set(id, time);
    this.#onLine.get(id)?.();
  }

  /** Waits until the log of a container that ended is read to its end, at most `limitMs`. */
  async drained(id: string, limitMs: number): Promise<void> {
    await bounded(this.#active.get(id), limitMs);
  }

  /**
   * Waits until what a container has printed by now is shown, at most `limitMs`: the log of one that comes back does not
   * end.
   */
  async caughtUp(source: LogSource, limitMs: number): Promise<void> {
    if (!this.#active.has(source.id)) return;
    let last: string | undefined;
    const look = readContainerLog(this.#parts.client, source, { follow: false, tail: 1 }, (event) => {
      if (event.type === 'log' && event.timestamp !== undefined) last = unixTime(event.timestamp);
    });
    const done = look.then(async () => {
      if (last === undefined) return;
      const reached = () => (this.#shown.get(source.id) ?? '') >= last! || !this.#active.has(source.id);
      await new Promise<void>((resolve) => {
        const check = () => {
          if (!reached()) return;
          this.#onLine.delete(source.id);
          resolve();
        };
        this.#onLine.set(source.id, check);
        check();
      });
    });
    await bounded(
      done.catch(() => undefined),
      limitMs,
    );
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
