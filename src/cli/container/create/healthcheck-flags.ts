import type { HealthcheckConfig } from '../../../engine/api/container-config.ts';
import { parseGoDuration } from '../../../go-duration.ts';
import { flag, type ParsedArgs } from '../../arguments/command.ts';
import { usage } from '../../arguments/usage-error.ts';
import { given } from './given-flags.ts';

/** The --health-… flags; undefined when there are none, so that the image's check applies. Throws CLI_USAGE. */
export function healthcheck(args: ParsedArgs): HealthcheckConfig | undefined {
  if (flag.bool(args, 'no-healthcheck')) return { Test: ['NONE'] };
  const command = flag.str(args, 'health-cmd');
  const times = Object.fromEntries(
    Object.entries({
      Interval: 'health-interval',
      Timeout: 'health-timeout',
      StartPeriod: 'health-start-period',
      StartInterval: 'health-start-interval',
    }).flatMap(([key, name]) => {
      const value = flag.str(args, name);
      return value === undefined ? [] : [[key, nanoseconds(value, `--${name}`)]];
    }),
  );
  const retries = given.numbers(args, { Retries: 'health-retries' });
  if (command === undefined && Object.keys(times).length + Object.keys(retries).length === 0)
    return undefined;
  return { ...(command === undefined ? {} : { Test: ['CMD-SHELL', command] }), ...times, ...retries };
}

function nanoseconds(text: string, name: string): number {
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined || milliseconds < 0)
    throw usage(`${name} takes a duration; got "${text}"`, 'Examples: 30s, 1m30s, 500ms.');
  return Math.round(milliseconds * 1e6);
}
