import type { Change } from './change.ts';

/** What a change causes: copying files costs next to nothing, a restart is noticeable, a build takes long. */
export type Weight = 'light' | 'heavy' | 'build';

/**
 * Milliseconds without another change before a batch is released, by its number of paths: the last entry whose number
 * fits applies.
 */
const quietByCount: readonly (readonly [paths: number, quiet: number])[] = [
  [1, 0],
  [3, 8],
  [16, 25],
  [128, 80],
  [Number.POSITIVE_INFINITY, 200],
];
const quietByWeight: Readonly<Record<Weight, number>> = { light: 0, heavy: 20, build: 50 };
/** For incomplete changes: a file that is not closed yet, or is missing and may reappear through a rename. */
const quietUnsettled = 50;
const quietUnclosed = 150;
/** If changes come without a pause, a batch is released after this time. */
const longest = 5000;
/** Paths of batches that were released within this time count as the same burst. */
const burst = 500;

/**
 * Collects changes until they should be acted on. A single save is released at once; the more paths have changed
 * recently, the longer it waits for more. A path is in a batch once, in its latest state. Times are milliseconds of any
 * monotonic clock.
 */
export class Debounce {
  readonly #weigh: (change: Change) => Weight;
  readonly #pending = new Map<string, { readonly change: Change; readonly weight: Weight }>();
  /** Path → when a batch with it was released. */
  readonly #recent = new Map<string, number>();
  #first = 0;
  #last = 0;

  constructor(weigh: (change: Change) => Weight = () => 'light') {
    this.#weigh = weigh;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** The content of the next batch so far. */
  get pending(): readonly Change[] {
    return [...this.#pending.values()].map(({ change }) => change);
  }

  /** When the first pending change arrived; undefined if there is none. */
  get since(): number | undefined {
    return this.#pending.size === 0 ? undefined : this.#first;
  }

  add(change: Change, now: number): void {
    if (this.#pending.size === 0) this.#first = now;
    this.#last = now;
    this.#pending.set(change.path, { change, weight: this.#weigh(change) });
  }

  /** When the batch is due; undefined if there is none. */
  due(): number | undefined {
    if (this.#pending.size === 0) return undefined;
    let quiet = 0;
    let more = 0;
    for (const { change, weight } of this.#pending.values()) {
      quiet = Math.max(quiet, quietByWeight[weight], quietOf(change));
      if (!this.#recent.has(change.path)) more++;
    }
    const recent = [...this.#recent.values()].filter((at) => at > this.#last - burst).length;
    const count = recent + more;
    quiet = Math.max(quiet, quietByCount.find(([paths]) => count <= paths)![1]);
    return Math.min(this.#last + quiet, this.#first + longest);
  }

  /** Takes the pending changes as a batch. */
  take(now: number): readonly Change[] {
    const batch = this.pending;
    this.#pending.clear();
    for (const [path, at] of this.#recent) if (at <= now - burst) this.#recent.delete(path);
    for (const { path } of batch) this.#recent.set(path, now);
    return batch;
  }
}

function quietOf({ kind, settled }: Change): number {
  if (settled) return 0;
  return kind === 'file' ? quietUnclosed : quietUnsettled;
}
