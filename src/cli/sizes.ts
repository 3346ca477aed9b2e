import { TcomposeError } from '../errors.ts';

const powers: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `512m`, `1.5g`, `64KiB` as bytes; units are powers of 1024, as Docker's memory flags have them. @throws CLI_USAGE */
export function parseSize(text: string, flagName: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgtp])?(?:i?b)?$/i.exec(text);
  if (match === null)
    throw new TcomposeError('CLI_USAGE', `${flagName} takes a size; got "${text}"`, {
      hint: 'Examples: 64m, 1g, 1073741824.',
    });
  return Math.floor(Number(match[1]) * 1024 ** powers[(match[2] ?? 'b').toLowerCase()]!);
}
