import { constants } from 'node:os';
import { TcomposeError } from '../../errors.ts';

/** `15`, `TERM` or `SIGTERM` → 15. Throws CLI_USAGE. */
export function signalNumber(word: string): number {
  if (/^\d+$/.test(word) && Number(word) >= 1 && Number(word) <= 64) return Number(word);
  const name = word.toUpperCase().startsWith('SIG') ? word.toUpperCase() : `SIG${word.toUpperCase()}`;
  const number = Object.entries(constants.signals).find(([known]) => known === name)?.[1];
  if (number !== undefined) return number;
  throw new TcomposeError('CLI_USAGE', `"${word}" is no signal`, {
    hint: 'Name it like TERM, SIGTERM or 15.',
  });
}
