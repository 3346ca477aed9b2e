/** Milliseconds per unit of Go's time.ParseDuration; both micro signs. */
const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const part = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/;
const whole = new RegExp(`^(?:${part.source})+$`);

/** Milliseconds of a Go duration (`1h30m`, `1.5s`, `-10ms`, `0`); undefined when it is not one. */
export function parseGoDuration(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return 0;
  if (!whole.test(unsigned)) return undefined;
  let total = 0;
  for (const [, number, unit] of unsigned.matchAll(new RegExp(part, 'g')))
    total += Number(number) * units[unit!]!;
  return sign * total;
}
