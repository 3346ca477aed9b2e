/** What is known of a failed attempt. */
export type Setback =
  /** The network: a broken or silent connection. */
  | { readonly kind: 'network' }
  /** An answer that may be another one later: 408, 5xx. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterMs: number | undefined }
  /** 429. */
  | { readonly kind: 'limit'; readonly retryAfterMs: number | undefined };

export type NextStep =
  | { readonly kind: 'wait'; readonly ms: number }
  /** `freeInMs`: when the server announced to be ready again, and that is too long to wait. */
  | { readonly kind: 'give-up'; readonly freeInMs?: number };

/** A server's wish to wait is met up to here; a person would rather know. */
const longestWish = 60_000;
const longestWait = 20_000;
/** Tries that got nowhere after which a transfer is given up. */
const mostTries = 8;
const mostLimitTries = 4;

/**
 * What to do after the `failures`th setback in a row (from 1) that brought nothing. Waits double from half a second; permanent answers (401, 403,
 * 404, …) never come here: registries ban those who ask again.
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

/** Answers that may be different the next time (408 and 5xx but for what the server can't do at all). */
export function isPassingStatus(status: number): boolean {
  return status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

/**
 * Whether a transfer got on since it had `before` bytes: by a tenth of what was missing or 16 KiB, whichever is less. Less is none, or a
 * server that sends a byte each time would be asked for ever.
 */
export function isProgress(before: number, now: number, size: number): boolean {
  if (now >= size) return true;
  return now - before >= Math.max(1, Math.min(16 * 1024, Math.ceil((size - before) / 10)));
}
