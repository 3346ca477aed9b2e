/** Work that a thread has taken on. */
export interface Share {
  /** Bytes to process in total; undefined when unknown. */
  readonly size: number | undefined;
  /** Bytes that have been processed. */
  readonly progress: number;
}

/** Bytes assumed for a job of unknown size, and added to each job for its fixed cost. */
const unknownSize = 4 * 1024 * 1024;
const perJob = 64 * 1024;

/** Bytes that are left to do. */
function leftOf(shares: Iterable<Share>): number {
  let left = 0;
  for (const { size = unknownSize, progress } of shares) left += Math.max(0, size - progress) + perJob;
  return left;
}

/**
 * The first of the threads with the least left to do; undefined when there are none. So one thread doesn't get two
 * large layers while others have small ones.
 */
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
