/**
 * Milliseconds to wait according to a `Retry-After` header (RFC 9110, 10.2.3): seconds, also with a fraction, a Go
 * duration such as `1.5s` or `250µs` that some registries send, or a date. Undefined if it is missing or invalid.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (text === '') return undefined;
  const number = /^(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)?$/.exec(text);
  if (number !== null) return Math.ceil(Number(number[1]) * (unitMs[number[2] ?? 's'] ?? 1000));
  if (!/[a-z]/i.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
