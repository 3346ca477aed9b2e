import type { Format } from './codec.ts';

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';
const isLetter = (char: string | undefined): boolean => char !== undefined && /\p{L}/u.test(char);

/**
 * Order of mapping keys in Go's YAML: runs of digits compare as numbers, other characters by code point; if one key has
 * a letter where the other has none, the letter comes last, or first after digits.
 */
export function compareYamlKeys(left: string, right: string): number {
  const a = [...left];
  const b = [...right];
  let afterDigits = false;
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    if (a[at] === b[at]) {
      afterDigits = isDigit(a[at]);
      continue;
    }
    const [letterA, letterB] = [isLetter(a[at]), isLetter(b[at])];
    if (letterA && letterB) return codeOf(a, at) - codeOf(b, at);
    if (letterA !== letterB) return letterA === afterDigits ? -1 : 1;
    const numbers = compareNumbers(a, b, at);
    return numbers === 0 ? codeOf(a, at) - codeOf(b, at) : numbers;
  }
  return a.length - b.length;
}

const codeOf = (text: readonly string[], at: number): number => text[at]?.codePointAt(0) ?? 0;

/**
 * Compares the digits from `at` on as numbers, then by their count. For a number with a leading zero, what precedes it
 * counts.
 */
function compareNumbers(a: readonly string[], b: readonly string[], at: number): number {
  let head = '';
  if (a[at] === '0' || b[at] === '0') {
    for (let back = at - 1; back >= 0 && isDigit(a[back]); back -= 1) {
      if (a[back] !== '0') {
        head = '1';
        break;
      }
    }
  }
  const [digitsA, digitsB] = [digitsFrom(a, at), digitsFrom(b, at)];
  const [numberA, numberB] = [BigInt(`0${head}${digitsA}`), BigInt(`0${head}${digitsB}`)];
  if (numberA !== numberB) return numberA < numberB ? -1 : 1;
  return digitsA.length - digitsB.length;
}

function digitsFrom(text: readonly string[], at: number): string {
  let end = at;
  while (isDigit(text[end])) end += 1;
  return text.slice(at, end).join('');
}

/** Order of the UTF-8 bytes, which is Go's order of strings. */
export function compareBytes(left: string, right: string): number {
  if (left === right) return 0;
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** Keys of a mapping in the order of Go's encoder for the format. */
export function sortedKeys(map: Readonly<Record<string, unknown>>, format: Format): string[] {
  const keys = Object.keys(map);
  if (keys.length < 2) return keys;
  return keys.every(isPlain)
    ? keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    : keys.sort(format === 'yaml' ? compareYamlKeys : compareBytes);
}

/** Keys with only capital letters, for which both orders are that of the code units. */
const isPlain = (key: string): boolean => /^[A-Z]+$/.test(key);
