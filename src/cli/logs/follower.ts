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
  /** Followed containers that were started again: their log may have ended just before. */
  readonly #again = new Set<string>();
  /** Container id → how far its log has been shown. */
  readonly #seen = new Map<string, LogPosition>();
  /** Container id → time of the last line shown, in Unix seconds. */
  readonly #shown = new Map<string, string>();
  readonly #onLine = new Map<string, () => void>();
  /** Counts signs that output continues: lines, and data taken by a reader. */
  #progress = 0;
  /** Number of logs that wait for their reader. */
  #held = 0;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /**
   * Follows a container that is running or about to. If it is being followed already this continues, even if its log is
   * just ending for a restart. `since` (Unix seconds) is where to begin if nothing of it was seen yet; undefined means
   * at its beginning.
   */
  follow(source: LogSource, since?: string, tail?: number): void {
    const { id } = source;
    if (this.#abort.signal.aborted) return;
    if (this.#active.has(id)) {
      this.#again.add(id);
      return;
    }
    const from = this.#seen.get(id);
    const { client, onError } = this.#parts;
    const drained = this.#parts.drained && (() => this.#holding(this.#parts.drained!));
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
        this.#progress++;
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

  async #holding(drained: () => Promise<void>): Promise<void> {
    this.#held++;
    try {
      await drained();
    } finally {
      this.#held--;
      this.#progress++;
    }
  }

  /** Waits for `work` as long as output continues or its reader is slow, and `idleMs` longer. False: `work` did not end. */
  async patiently(work: Promise<unknown>, idleMs: number): Promise<boolean> {
    for (let before = -1; before !== this.#progress || this.#held > 0; ) {
      before = this.#progress;
      if (await within(work, idleMs)) return true;
    }
    return false;
  }

  /**
   * Waits until the log of a container that ended has been read to its end, however slowly it is read. If the log does
   * not end and delivers nothing for `idleMs`, the rest is reported as lost.
   */
  async drained(id: string, idleMs: number): Promise<void> {
    const work = this.#active.get(id);
    if (work === undefined || (await this.patiently(work, idleMs))) return;
    this.#parts.onError(new Error(`the log of container ${id.slice(0, 12)} does not come to its end`));
  }

  /**
   * Waits until a container's output so far is shown, or nothing has arrived for `idleMs`: the log of a container that
   * restarts does not end.
   */
  async caughtUp(source: LogSource, idleMs: number): Promise<void> {
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
    await this.patiently(
      done.catch(() => undefined),
      idleMs,
    );
  }

  /**
   * Waits for all logs to end, for at most `limitMs`, or with `patient` as long as output continues or its reader is
   * slow and `limitMs` longer; then gives up the rest.
   */
  async close(limitMs: number, patient = false): Promise<void> {
    const all = Promise.all(this.#active.values());
    await (patient ? this.patiently(all, limitMs) : within(all, limitMs));
    this.#abort.abort();
  }
}

/** False when `limitMs` pass first. */
async function within(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, limitMs, false);
  });
  const result = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return result;
}
