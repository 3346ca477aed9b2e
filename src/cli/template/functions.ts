import { goText, isTrue } from './go-value.ts';
import { templateError } from './template-error.ts';

type Function = (...values: readonly unknown[]) => unknown;

const compared = (a: unknown, b: unknown): number => {
  if (typeof a !== typeof b) throw templateError(`${goText(a)} and ${goText(b)} can't be compared`);
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
};

function item(value: unknown, ...keys: readonly unknown[]): unknown {
  let found = value;
  for (const key of keys) {
    if (Array.isArray(found)) {
      const at = Number(key);
      if (!(at >= 0 && at < found.length))
        throw templateError(`index ${goText(key)} is out of range: there are ${found.length}`);
      found = found[at];
    } else if (typeof found === 'object' && found !== null)
      found = Object.hasOwn(found, String(key)) ? (found as Record<string, unknown>)[String(key)] : '';
    else throw templateError(`index of ${goText(found)}, which has no parts`);
  }
  return found;
}

const lengthOf: Function = (value) => {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  throw templateError(`len of ${goText(value)}`);
};

/** `%s`, `%v`, `%q`, `%d`, `%x`, `%t`, `%f` and `%%`, with width and precision. */
function printf(format: unknown, ...values: readonly unknown[]): string {
  let next = 0;
  return goText(format).replace(
    /%([-0]*)(\d*)(?:\.(\d+))?([svqdxtf%])/g,
    (_, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = values[next++];
      const text = formatted(verb, value, precision === undefined ? undefined : Number(precision));
      if (flags.includes('-')) return text.padEnd(Number(width));
      return text.padStart(Number(width), flags.includes('0') ? '0' : ' ');
    },
  );
}

function formatted(verb: string, value: unknown, precision: number | undefined): string {
  if (verb === 'q') return JSON.stringify(goText(value));
  if (verb === 'x')
    return typeof value === 'number' ? value.toString(16) : Buffer.from(goText(value)).toString('hex');
  if (verb === 'f') return Number(value).toFixed(precision ?? 6);
  return precision === undefined ? goText(value) : goText(value).slice(0, precision);
}

const text = (value: unknown): string => (value === undefined || value === null ? '' : goText(value));

/** Functions for templates: Go's own, and those that docker's clients add. `and` and `or` are in the evaluator. */
export const functions: Readonly<Record<string, Function>> = {
  json: (value) => JSON.stringify(value ?? null),
  index: item,
  len: lengthOf,
  slice: (value, from = 0, to) =>
    (value as string | readonly unknown[]).slice(Number(from), to === undefined ? undefined : Number(to)),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.some((one) => compared(first, one) === 0),
  ne: (a, b) => compared(a, b) !== 0,
  lt: (a, b) => compared(a, b) < 0,
  le: (a, b) => compared(a, b) <= 0,
  gt: (a, b) => compared(a, b) > 0,
  ge: (a, b) => compared(a, b) >= 0,
  print: (...values) => values.map(text).join(''),
  println: (...values) => `${values.map(text).join(' ')}\n`,
  printf,
  join: (list, separator) => (Array.isArray(list) ? list : []).map(text).join(text(separator)),
  split: (value, separator) => text(value).split(text(separator)),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  title: (value) =>
    text(value).replace(/(^|\s)(\S)/g, (_, blank: string, first: string) => blank + first.toUpperCase()),
  truncate: (value, length) => text(value).slice(0, Number(length)),
  pad: (value, before, after) =>
    text(value) === '' ? '' : ' '.repeat(Number(before)) + text(value) + ' '.repeat(Number(after)),
};
