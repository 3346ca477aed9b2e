import { constants } from 'node:os';
import { TcomposeError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';

/** @throws TcomposeError CLI_USAGE for an invalid signal: valid are `15`, `TERM`, `SIGTERM` and `RTMIN+3`. */
export function checkSignal(word: string): void {
  const name = word.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  if (/^\d+$/.test(word) ? Number(word) >= 1 && Number(word) <= 64 : name in constants.signals) return;
  if (/^SIGRT(MIN|MAX)([+-]\d+)?$/.test(name)) return;
  // Without the common prefix, which would make any two look similar.
  const bare = (signal: string) => signal.slice('SIG'.length);
  const near = nearest(bare(name), Object.keys(constants.signals).map(bare));
  throw new TcomposeError('CLI_USAGE', `"${word}" is no signal`, {
    hint: near === undefined ? 'Name it like TERM, SIGTERM or 15.' : `Did you mean SIG${near}?`,
  });
}
