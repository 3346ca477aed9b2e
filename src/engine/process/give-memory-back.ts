import type { RequestCount } from './idle.ts';

/** Milliseconds between two looks. */
const lookEvery = 5_000;

/** How often memory is given back after the last request: V8 collects, and worker threads end, some ten seconds after the work. */
const timesAfterWork = 4;

/**
 * Calls `trim` a few times after work, once no request has come between two looks. What a burst took (twenty starts, a
 * layer that was unpacked) would else stay with the allocator of libc as long as the engine lives. Returns what ends it.
 */
export function giveMemoryBack(
  requests: Pick<RequestCount, 'total'>,
  trim: () => Promise<void>,
  every: number = lookEvery,
): () => void {
  let seen = -1;
  let left = 0;
  const timer = setInterval(() => {
    if (requests.total !== seen) {
      seen = requests.total;
      left = timesAfterWork;
    } else if (left > 0) {
      left--;
      void trim();
    }
  }, every);
  timer.unref();
  return () => clearInterval(timer);
}
