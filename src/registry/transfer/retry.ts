/** What is known about a failed attempt. */
export type Setback =
  /** The network: a broken or silent connection. */
  | { readonly kind: 'network' }
  /** An answer that may be different later: 408, 5xx. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterMs: number | undefined }
  /** 429. */
  | { readonly kind: 'limit'; readonly retryAfterMs: number | undefined };

export type NextStep =
  | { readonly kind: 'wait'; readonly ms: number }
  /** `freeInMs`: when the server said it would be available again, if that is too long to wait. */
  | { readonly kind: 'give-up'; readonly freeInMs?: number };

/** Longest wait that a server may request; beyond that the user is told instead. */
const longestWish = 60_000;
const longestWait = 20_000;
/** Attempts without progress after which a transfer is given up. */
const mostTries = 8;
const mostLimitTries = 4;

/**
 * What to do after the `failures`th consecutive setback (from 1) without progress. Waits double from half a second;
 * permanent answers (401, 403, 404, …) never get here: registries ban clients that repeat them.
 */
export function afterSetback(setback: Setback, failures: number, most = mostTries): NextStep {
  const wish = setback.kind === 'network' ? undefined : setback.retryAfterMs;
  if (wish !== undefined && wish > longestWish) return { kind: 'give-up', freeInMs: wish };
  const limit = setback.kind === 'limit' ? Math.min(most, mostLimitTries) : most;
  if (failures >= limit) return { kind: 'give-up', ...(wish === undefined ? {} : { freeInMs: wish }) };
  if (wish !== undefined) return { kind: 'wait', ms: Math.max(wish, 100) };
  const first = setback.kind === 'limit' ? 2000 : 500;
  return { kind: 'wait', ms: Math.min(longestWait, first * 2 ** (failures - 1)) };
}

/** Answers that may be different next time (408 and 5xx, except what the server does not support at all). */
export function isPassingStatus(status: number): boolean {
  return status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

/**
 * Whether a transfer has made progress since it had `before` bytes: by a tenth of the missing bytes or 16 KiB,
 * whichever is less. Otherwise a server that sends a single byte each time would be asked for ever.
 */
export function isProgress(before: number, now: number, size: number): boolean {
  if (now >= size) return true;
  return now - before >= Math.max(1, Math.min(16 * 1024, Math.ceil((size - before) / 10)));
}
