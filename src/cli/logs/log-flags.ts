import { type FlagSpec, flag, type ParsedArgs } from '../arguments/command.ts';
import { usage } from '../arguments/usage-error.ts';
import { timeValue } from './time-values.ts';

/** Flags of commands that show a log. */
export const logFlags = {
  follow: { name: 'follow', short: 'f', type: 'boolean', summary: 'Follow new output' },
  since: {
    name: 'since',
    type: 'string',
    value: 'TIME',
    summary: 'From a time (2013-01-02T13:23:37Z) or a duration ago (42m)',
  },
  tail: { name: 'tail', short: 'n', type: 'string', value: 'N', summary: 'Only the last lines' },
  timestamps: { name: 'timestamps', short: 't', type: 'boolean', summary: 'Show the time of each line' },
  until: { name: 'until', type: 'string', value: 'TIME', summary: 'Up to a time or a duration ago' },
} as const satisfies Record<string, FlagSpec>;

/** `--since` and `--until` in the API's form (Unix seconds), if given. Throws CLI_USAGE. */
export function timeRange(
  args: ParsedArgs,
  nowMs: number,
): { readonly since?: string; readonly until?: string } {
  const since = timeValue(flag.str(args, 'since'), nowMs, '--since');
  const until = timeValue(flag.str(args, 'until'), nowMs, '--until');
  return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
}

/** `--tail`: a number of lines; undefined and negative numbers mean all. Throws CLI_USAGE. */
export function tailLines(args: ParsedArgs): number | undefined {
  const text = flag.str(args, 'tail') ?? 'all';
  if (text !== 'all' && !/^-?\d+$/.test(text)) throw usage(`--tail takes a number or "all"; got "${text}"`);
  return text === 'all' || Number(text) < 0 ? undefined : Number(text);
}
