import { parseGoDuration } from '../go-duration.ts';
import type { Instant } from './clock.ts';

/** Docker's zero time. */
export const never = '0001-01-01T00:00:00Z';

/** RFC 3339 with nanoseconds, UTC. */
export function rfc3339(instant: Instant): string {
  const iso = new Date(instant.ms).toISOString();
  return `${iso.slice(0, 23)}${String(instant.nanos).padStart(6, '0')}Z`;
}

/** RFC 3339 of nanoseconds since the epoch. */
export function rfc3339FromNanos(nanos: bigint): string {
  return rfc3339({ ms: Number(nanos / 1_000_000n), nanos: Number(nanos % 1_000_000n) });
}

/** Nanoseconds since the epoch; a double, so exact to 256 ns. */
export function unixNanos(instant: Instant): number {
  return instant.ms * 1_000_000 + instant.nanos;
}

/** Milliseconds since the epoch of an RFC 3339 text; NaN when it is not one. Digits after the third are dropped. */
export function parseRfc3339(text: string): number {
  return Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
}

/**
 * `since`/`until`/`before` values of the API: Unix seconds with an optional fraction, RFC 3339 (with or without zone;
 * without means UTC), or a Go duration back from `nowMs`. Milliseconds since the epoch, or undefined for '' and '0'.
 * Throws RangeError for anything else.
 */
export function parseTimeFilter(text: string | null | undefined, nowMs: number): number | undefined {
  if (text === null || text === undefined || text === '' || text === '0') return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const duration = parseGoDuration(text);
  if (duration !== undefined) return nowMs - duration;
  const zoned = /(Z|[-+]\d\d:\d\d)$/.test(text)
    ? text
    : text.length === 10
      ? `${text}T00:00:00Z`
      : `${text.length === 16 ? `${text}:00` : text}Z`;
  const ms = parseRfc3339(zoned);
  if (Number.isNaN(ms)) throw new RangeError(`invalid time "${text}"`);
  return ms;
}

/**
 * The same in nanoseconds since the epoch, with all the given digits, because a line with exactly this time is
 * included. Throws RangeError like parseTimeFilter.
 */
export function parseExactTime(text: string | null | undefined, nowMs: number): bigint | undefined {
  const ms = parseTimeFilter(text, nowMs);
  if (ms === undefined) return undefined;
  const plain = /^(\d+)(?:\.(\d+))?$/.exec(text ?? '');
  const nanos = (digits = '') => BigInt(digits.slice(0, 9).padEnd(9, '0'));
  // Not through a float, which has too few digits for both.
  if (plain !== null) return BigInt(plain[1]!) * 1_000_000_000n + nanos(plain[2]);
  if (/^\d{4}-\d\d-\d\d/.test(text ?? ''))
    return BigInt(Math.floor(ms / 1000)) * 1_000_000_000n + nanos(/\.(\d+)/.exec(text ?? '')?.[1]);
  return BigInt(Math.floor(ms * 1000)) * 1000n;
}
