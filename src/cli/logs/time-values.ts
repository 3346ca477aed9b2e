import { TcomposeError } from '../../errors.ts';
import { unixTime } from '../../rfc3339.ts';

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  '\u00b5s': 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Seconds of a Go duration (`1h30m`, `42m`, `1.5s`); undefined when it is none. */
export function goDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|\u00b5s|ms|s|m|h))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ns|us|\u00b5s|ms|s|m|h)/g))
    seconds += Number(amount) * UNIT_SECONDS[unit!]!;
  return seconds;
}

/**
 * A `--since`/`--until` value as the API takes it (unix seconds with a fraction): a duration back from `nowMs`, an RFC
 * 3339 time, or unix seconds.
 * @throws TcomposeError CLI_USAGE.
 */
export function timeValue(text: string | undefined, nowMs: number, flagName: string): string | undefined {
  if (text === undefined || text === '') return undefined;
  const back = goDuration(text);
  if (back !== undefined) return ((nowMs - back * 1000) / 1000).toFixed(9);
  if (/^\d+(\.\d+)?$/.test(text)) return text;
  const absolute = unixTime(text);
  if (absolute !== undefined) return absolute;
  throw new TcomposeError('CLI_USAGE', `${flagName} takes a time or a duration; got "${text}"`, {
    hint: 'Examples: 42m, 2013-01-02T13:23:37Z, 1700000000.',
  });
}
