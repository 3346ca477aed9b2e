import { TcomposeError } from '../../errors.ts';

const powers: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `512m`, `1.5g`, `64KiB` in bytes; units are powers of 1024, as in Docker's memory flags. @throws CLI_USAGE */
export function parseSize(text: string, flagName: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgtp])?(?:i?b)?$/i.exec(text);
  if (match === null)
    throw new TcomposeError('CLI_USAGE', `${flagName} takes a size; got "${text}"`, {
      hint: 'Examples: 64m, 1g, 1073741824.',
    });
  return Math.floor(Number(match[1]) * 1024 ** powers[(match[2] ?? 'b').toLowerCase()]!);
}

/**
 * Decimal sizes as Docker shows them: with three significant digits for a single image or container (`77.8MB`), with
 * four for sums and shares (`77.81MB`).
 */
export function humanSize(bytes: number, digits: 3 | 4 = 3): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toPrecision(digits))}${units[unit]}`;
}

/** Binary sizes, as Docker shows memory: `1.5MiB`. */
export function binarySize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toPrecision(4))}${units[unit]}`;
}
