/** Nanoseconds per unit: the units of Go's time.ParseDuration, plus days and weeks. */
const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
  w: 604_800e9,
};

/** Largest duration in a signed 64-bit count of nanoseconds. */
const maximum = 2 ** 63;

/**
 * Nanoseconds of a Compose duration: a sign, then numbers (with decimals) each followed by a unit, like `1w2d3h4m5.5s`;
 * or `0`. Returns a sentence when the text is invalid.
 */
export function parseDuration(text: string): number | { readonly error: string } {
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return 0;
  if (unsigned === '') return { error: `"${text}" is not a duration` };
  const part = /([0-9]*)(?:\.([0-9]*))?([^0-9.]*)/y;
  let total = 0;
  while (part.lastIndex < unsigned.length) {
    const [whole, digits = '', fraction = '', unit = ''] = part.exec(unsigned) ?? [''];
    if (whole === '' || (digits === '' && fraction === '')) return { error: `"${text}" is not a duration` };
    if (unit === '') return { error: `the duration "${text}" has a number without a unit` };
    const size = Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (size === undefined) return { error: `the duration "${text}" has the unknown unit "${unit}"` };
    total += Number(digits) * size;
    if (fraction !== '') total += Math.trunc(Number(fraction) * (size / 10 ** fraction.length));
  }
  if (total >= maximum) return { error: `the duration "${text}" is too long` };
  return text.startsWith('-') ? -total : total;
}

/** A duration in nanoseconds in Go's form: `1h0m0s`, `1.5s`, `500ms`, `0s`. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 0) return `-${formatDuration(-nanoseconds)}`;
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${decimal(nanoseconds, 3)}µs`;
  if (nanoseconds < 1e9) return `${decimal(nanoseconds, 6)}ms`;
  const seconds = Math.floor(nanoseconds / 1e9);
  const rest = decimal((seconds % 60) * 1e9 + (nanoseconds % 1e9), 9);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${rest}s`;
  if (minutes < 60) return `${minutes}m${rest}s`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}s`;
}

/** `value / 10^digits` without trailing zeros. */
function decimal(value: number, digits: number): string {
  const whole = Math.floor(value / 10 ** digits);
  const fraction = String(Math.round(value % 10 ** digits))
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}
