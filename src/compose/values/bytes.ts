import { toInt64 } from './int64.ts';

const powers: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/**
 * Bytes of a size in Docker's syntax: a number (decimals allowed), at most one space, and one of b, k, m, g, t, p in
 * any case, the last five optionally followed by `b` or `ib`; units are powers of 1024. `-1` means unlimited. Returns a
 * sentence when the text is invalid.
 */
export function parseBytes(text: string): number | { readonly error: string } {
  if (text === '-1') return -1;
  const match = /^\+?((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?) ?(?:(b?)|([kmgtp])(?:i?b)?)$/i.exec(
    text,
  );
  if (match === null) {
    return { error: `"${text}" is not a size` };
  }
  const unit = (match[3] ?? '').toLowerCase();
  const size = Math.trunc(Number(match[1]) * 1024 ** (powers[unit] ?? 0));
  return toInt64(size) ?? { error: `the size "${text}" does not fit into 64 bits` };
}
