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

/** Milliseconds since the epoch of an RFC 3339 text; NaN when it is none. Digits beyond the third are cut. */
export function parseRfc3339(text: string): number {
  return Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
}

const goUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration (`1h30m`, `1.5s`), or undefined. */
export function parseGoDuration(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const rest = text.replace(/^[-+]/, '');
  if (rest === '0') return 0;
  if (!/^(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$/.test(rest)) {
    return undefined;
  }
  let total = 0;
  for (const [, number, unit] of rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * goUnits[unit!]!;
  }
  return sign * total;
}

/**
 * `since`/`until`/`before` values of the API: Unix seconds with an optional fraction, RFC 3339 (with or without zone;
 * without means UTC), or a Go duration back from `nowMs`. Milliseconds since the epoch, or undefined for '' and '0'.
 * Throws RangeError on anything else.
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

/** "3 minutes", "About an hour": Docker's words for a duration in milliseconds (go-units HumanDuration's scale). */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(ms / 3_600_000);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 14) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 60) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(hours / 24 / 365)} years`;
}
