import { composeWords } from '../../compose-words.ts';
import { TcomposeError } from '../../errors.ts';
import { parseGoDuration } from '../../go-duration.ts';
import { unixTime } from '../../rfc3339.ts';

/**
 * A `--since`/`--until` value in the API's form (Unix seconds with a fraction): a duration back from `nowMs`, an RFC
 * 3339 time, or Unix seconds.
 * @throws TcomposeError CLI_USAGE.
 */
export function timeValue(text: string | undefined, nowMs: number, flagName: string): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return text;
  const back = parseGoDuration(text);
  if (back !== undefined && back >= 0) return ((nowMs - back) / 1000).toFixed(9);
  const absolute = unixTime(text);
  if (absolute !== undefined) return absolute;
  throw new TcomposeError('CLI_USAGE', composeWords.notATime(flagName.replace(/^--/, ''), text), {
    hint: 'Examples: 42m, 2013-01-02T13:23:37Z, 1700000000.',
  });
}
