import { constants } from 'node:os';
import { TcomposeError } from '../../errors.ts';

/** Numbers of the first and last real-time signal in a program with glibc; signal(7). */
const realTime = { first: 34, last: 64 };

/** `15`, `TERM`, `SIGTERM` or `RTMIN+3` → a number; 0 checks whether the process exists. Throws CLI_USAGE. */
export function signalNumber(word: string): number {
  if (/^\d+$/.test(word) && Number(word) <= realTime.last) return Number(word);
  const name = word.toUpperCase().startsWith('SIG') ? word.toUpperCase() : `SIG${word.toUpperCase()}`;
  const number = Object.entries(constants.signals).find(([known]) => known === name)?.[1];
  if (number !== undefined) return number;
  const [, end, sign, count = '0'] = /^SIGRT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name) ?? [];
  if (end !== undefined) {
    const base = end === 'MIN' ? realTime.first : realTime.last;
    const found = base + (sign === '-' ? -Number(count) : Number(count));
    if (found >= realTime.first && found <= realTime.last) return found;
  }
  throw new TcomposeError('CLI_USAGE', `"${word}" is no signal`, {
    hint: 'Name it like TERM, SIGTERM or 15.',
  });
}
