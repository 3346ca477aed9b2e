import { formatGoFloat } from '../values/go-float.ts';

const integer = /^[-+]?(?:0b[01]+|0o[0-7]+|0x[0-9a-fA-F]+|[0-9]+)$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

const words = new Map<string, null | boolean | number>([
  ['', null],
  ['~', null],
  ['null', null],
  ['Null', null],
  ['NULL', null],
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
  ['.nan', Number.NaN],
  ['.NaN', Number.NaN],
  ['.NAN', Number.NaN],
  ...['.inf', '.Inf', '.INF'].flatMap((word): [string, number][] => [
    [word, Number.POSITIVE_INFINITY],
    [`+${word}`, Number.POSITIVE_INFINITY],
    [`-${word}`, Number.NEGATIVE_INFINITY],
  ]),
]);

/** Most characters of a number; a longer one is never meant as a number. */
const longestNumber = 400;

/**
 * The value of a plain (unquoted) scalar: the YAML 1.2 core schema, with two extensions of the Go parser that Docker
 * Compose uses, because files depend on them: a leading zero makes an integer octal (`mode: 0440`), and underscores may
 * group digits. `yes`, `on` and `12:30:45` are strings. Integers beyond 2^53 stay decimal strings.
 */
export function resolvePlain(text: string): null | boolean | number | string {
  const first = text.charCodeAt(0);
  const numeric = (first >= 48 && first <= 57) || first === 45 || first === 43 || first === 46;
  if (!numeric) {
    if (text.length > 5) return text;
    const word = words.get(text);
    return word === undefined ? text : word;
  }
  const word = words.get(text);
  if (word !== undefined) return word;
  if (text.length > longestNumber) return text;
  const digits = text.includes('_') ? text.replaceAll('_', '') : text;
  if (integer.test(digits)) return resolveInteger(digits);
  if (float.test(digits)) return Number(digits);
  return text;
}

function resolveInteger(digits: string): number | string {
  const negative = digits.charCodeAt(0) === 45;
  const body = negative || digits.charCodeAt(0) === 43 ? digits.slice(1) : digits;
  const octal = body.length > 1 && /^0[0-9]/.test(body);
  if (octal && /[89]/.test(body)) return Number(digits);
  const small = octal ? Number.parseInt(body, 8) : Number(body);
  if (Number.isSafeInteger(small)) return negative && small !== 0 ? -small : small;
  const exact = BigInt(octal ? `0o${body.slice(1)}` : body);
  return `${negative ? '-' : ''}${exact}`;
}

/**
 * A scalar as text in the form of Go's fmt: how a number or boolean is read where the compose file needs a string
 * (`PORT: 8080`, `VERSION: 1.10`).
 */
export function scalarText(value: null | boolean | number | string): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return Number.isInteger(value) && Math.abs(value) < 1e21 && !Object.is(value, -0)
    ? String(value)
    : formatGoFloat(value);
}
