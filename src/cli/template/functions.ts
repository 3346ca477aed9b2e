import { escapedHtml, escapedScript, queryEscaped } from './escapes.ts';
import { goPrintf } from './go-printf.ts';
import { goPrint, goPrintln, goText, isTrue } from './go-value.ts';
import { templateError } from './template-error.ts';

type Function = (...values: readonly unknown[]) => unknown;

/** Functions that a template may call, by their names. */
export type Functions = Readonly<Record<string, Function>>;

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
    } else if (typeof found === 'string') {
      const bytes = Buffer.from(found);
      if (!(Number(key) >= 0 && Number(key) < bytes.length))
        throw templateError(`index ${goText(key)} is out of range: there are ${bytes.length}`);
      found = bytes[Number(key)];
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

const text = (value: unknown): string => (value === undefined || value === null ? '' : goText(value));

/** Functions for templates: Go's own, and those that docker's clients add. `and` and `or` are in the evaluator. */
export const functions: Functions = {
  json: (value) =>
    JSON.stringify(value ?? null).replace(/[\u2028\u2029]/g, (one) =>
      one === '\u2028' ? '\\u2028' : '\\u2029',
    ),
  html: (...values) => escapedHtml(goPrint(values)),
  js: (...values) => escapedScript(goPrint(values)),
  urlquery: (...values) => queryEscaped(goPrint(values)),
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
  print: (...values) => goPrint(values),
  println: (...values) => goPrintln(values),
  printf: (format, ...values) => goPrintf(text(format), values),
  join: (list, separator) => (Array.isArray(list) ? list : []).map(text).join(text(separator)),
  split: (value, separator) => text(value).split(text(separator)),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  title: (value) => text(value).replace(/(?<![\p{L}\p{N}_])\p{L}/gu, (first) => first.toUpperCase()),
  truncate: (value, length) => Buffer.from(text(value)).subarray(0, Number(length)).toString(),
  pad: (value, before, after) =>
    text(value) === '' ? '' : ' '.repeat(Number(before)) + text(value) + ' '.repeat(Number(after)),
};

const first: Function = (value) => value;

/** Functions for the titles of a table, which are what they are whatever is done to the values below them. */
export const titleFunctions: Functions = {
  ...functions,
  ...Object.fromEntries(
    ['json', 'split', 'join', 'title', 'lower', 'upper', 'truncate'].map((name) => [name, first]),
  ),
};
