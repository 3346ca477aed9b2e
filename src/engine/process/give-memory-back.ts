import type { RequestCount } from './idle.ts';

/** Milliseconds between two checks. */
const lookEvery = 5_000;

/**
 * How often memory is given back after the last request: worker threads end some ten seconds after the work, and V8
 * collects garbage several times until half a minute after it.
 */
const timesAfterWork = 12;

/**
 * Calls `trim` a few times after work, once no request has arrived between two checks. Otherwise the process would keep
 * what a burst took (twenty starts, a layer that was unpacked) as long as the engine lives. Returns the function that
 * ends it.
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
