/** Work that a thread has taken on. */
export interface Share {
  /** Bytes to work on in all; undefined when that isn't known. */
  readonly size: number | undefined;
  /** Bytes that have been worked on. */
  readonly progress: number;
}

/** Bytes that stand for a job of unknown size, and for what each costs besides its bytes. */
const unknownSize = 4 * 1024 * 1024;
const perJob = 64 * 1024;

/** Bytes that are left to do. */
function leftOf(shares: Iterable<Share>): number {
  let left = 0;
  for (const { size = unknownSize, progress } of shares) left += Math.max(0, size - progress) + perJob;
  return left;
}

/** The first of those with the least left to do; undefined when there is none. Two large layers are not for one thread while others have small ones. */
export function leastBusy<T extends { readonly jobs: ReadonlyMap<unknown, Share> }>(
  threads: Iterable<T>,
): T | undefined {
  let best: { readonly thread: T; readonly left: number } | undefined;
  for (const thread of threads) {
    const left = leftOf(thread.jobs.values());
    if (best === undefined || left < best.left) best = { thread, left };
  }
  return best?.thread;
}
