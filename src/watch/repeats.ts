/** Milliseconds after an action during which a change may come from the action itself. */
const ownWithin = 2000;
/** How many consecutive runs the same path may trigger, each right after the one before. */
const mostRuns = 6;
/** Milliseconds without a change after which a paused action is carried out again. */
const quiet = 10_000;

interface Runs {
  /** When the last run ended. */
  ended: number;
  /** Path → how many consecutive runs it has triggered, each right after the one before. */
  streaks: ReadonlyMap<string, number>;
  /** When something last changed while the action is paused. */
  paused: number | undefined;
}

/** `go`: carry it out. `paused`: don't. `looping`: don't from now on, because `path` changes each time it is carried out. */
export type Verdict =
  | { readonly kind: 'go' | 'paused' }
  | { readonly kind: 'looping'; readonly path: string };

/**
 * Finds actions that trigger themselves, such as a restart whose process writes a file that the rule watches. Keys
 * represent rules; times are milliseconds of any monotonic clock. Pure.
 */
export class Repeats {
  readonly #runs = new Map<object, Runs>();

  /** Whether to carry out an action for these paths, the first of which changed at `since`. */
  judge(key: object, paths: readonly string[], since: number): Verdict {
    const runs = this.#runs.get(key);
    if (runs?.paused !== undefined && since - runs.paused < quiet) {
      runs.paused = Math.max(runs.paused, since);
      return { kind: 'paused' };
    }
    const follows = runs !== undefined && runs.paused === undefined && since - runs.ended < ownWithin;
    const streaks = new Map(paths.map((path) => [path, (follows ? (runs.streaks.get(path) ?? 0) : 0) + 1]));
    const looping = [...streaks].find(([, count]) => count > mostRuns)?.[0];
    this.#runs.set(key, {
      ended: Number.POSITIVE_INFINITY,
      streaks,
      paused: looping === undefined ? undefined : since,
    });
    return looping === undefined ? { kind: 'go' } : { kind: 'looping', path: looping };
  }

  /** The actions that were carried out have ended. */
  ended(now: number): void {
    for (const runs of this.#runs.values()) if (runs.ended === Number.POSITIVE_INFINITY) runs.ended = now;
  }
}
