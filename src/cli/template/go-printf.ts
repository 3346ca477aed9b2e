import { goText, goType } from './go-value.ts';

/**
 * Go's fmt.Sprintf for what a template's values can be, with `*` for a width. What does not fit is said in the text, as Go says it:
 * `%!d(string=linux)`.
 */
export function goPrintf(format: string, values: readonly unknown[]): string {
  let next = 0;
  const take = (): unknown => values[next++];
  const text = format.replace(
    /%([-+# 0]*)(\d+|\*)?(?:\.(\d+))?(.)?/gsu,
    (
      _,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      verb: string | undefined,
    ) => {
      if (verb === undefined) return '%!(NOVERB)';
      if (verb === '%') return '%';
      const wide = width === '*' ? Number(take()) : Number(width ?? 0);
      if (next >= values.length) return `%!${verb}(MISSING)`;
      const shown = formatted(verb, take(), {
        flags,
        precision: precision === undefined ? undefined : Number(precision),
      });
      if (flags.includes('-')) return shown.padEnd(wide);
      return flags.includes('0') ? zeros(shown, wide) : shown.padStart(wide);
    },
  );
  const extra = values.slice(next).map((value) => `${goType(value)}=${goText(value)}`);
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`;
}

/** Zeros stand behind a sign. */
const zeros = (shown: string, width: number): string =>
  /^[+-]/.test(shown) ? shown[0]! + shown.slice(1).padStart(width - 1, '0') : shown.padStart(width, '0');

interface Form {
  readonly flags: string;
  readonly precision: number | undefined;
}

/** Verbs of whole numbers. */
const ofNumbers: Readonly<Record<string, (value: number) => string>> = {
  d: (value) => String(value),
  b: (value) => value.toString(2),
  o: (value) => value.toString(8),
  x: (value) => value.toString(16),
  X: (value) => value.toString(16).toUpperCase(),
  c: (value) => String.fromCodePoint(value),
  U: (value) => `U+${value.toString(16).toUpperCase().padStart(4, '0')}`,
};

function formatted(verb: string, value: unknown, { flags, precision }: Form): string {
  if (verb === 'T') return goType(value);
  if (verb === 'v') return goText(value);
  const signed = (text: string): string => (flags.includes('+') && !text.startsWith('-') ? `+${text}` : text);
  if (typeof value === 'number') {
    if (Number.isInteger(value) && ofNumbers[verb] !== undefined) return signed(ofNumbers[verb](value));
    if (verb === 'f' || verb === 'F') return signed(value.toFixed(precision ?? 6));
    if (verb === 'e') return signed(value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2'));
    if (verb === 'g')
      return signed(
        precision === undefined ? String(value) : String(Number(value.toPrecision(precision || 1))),
      );
  } else if (typeof value === 'boolean') {
    if (verb === 't') return String(value);
  } else if (verb === 's' || verb === 'q' || verb === 'x' || verb === 'X')
    return ofText(verb, value, precision);
  return `%!${verb}(${goType(value)}=${goText(value)})`;
}

function ofText(verb: string, value: unknown, precision: number | undefined): string {
  if (verb === 'q' && Array.isArray(value))
    return `[${value.map((one) => JSON.stringify(goText(one))).join(' ')}]`;
  const whole = goText(value);
  if (verb === 'q') return JSON.stringify(whole);
  if (verb === 's') return precision === undefined ? whole : [...whole].slice(0, precision).join('');
  const hex = Buffer.from(whole).toString('hex');
  return verb === 'X' ? hex.toUpperCase() : hex;
}
