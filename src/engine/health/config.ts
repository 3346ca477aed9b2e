import { TcomposeError } from '../../errors.ts';
import type { HealthcheckConfig } from '../api/container-config.ts';
import type { HealthConfig } from './types.ts';

const nanosecondsPerMillisecond = 1e6;
const defaults = { interval: 30_000, timeout: 30_000, startPeriod: 0, startInterval: 5_000, retries: 3 };
const defaultShell = ['/bin/sh', '-c'];

/**
 * The health check of a container's configuration (which has the image's values where the user gave none), with
 * defaults for missing values. Durations are in nanoseconds, as in the API; 0 means "not given". Undefined when there
 * is no health check (none given, or NONE). Throws ENGINE_BAD_PARAMETER for an invalid test.
 */
export function resolveHealthConfig(
  check: HealthcheckConfig | null | undefined,
  shell: readonly string[] = defaultShell,
): HealthConfig | undefined {
  const command = commandOf(check?.Test ?? [], shell);
  if (command === undefined) return undefined;
  const duration = (
    name: 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval',
    otherwise: number,
  ): number => {
    const nanoseconds = check?.[name] ?? 0;
    if (nanoseconds < 0 || (nanoseconds > 0 && nanoseconds < nanosecondsPerMillisecond)) {
      throw new TcomposeError('ENGINE_BAD_PARAMETER', `${name} in Healthcheck cannot be less than 1ms`, {
        hint: 'Give a duration of a millisecond at least.',
      });
    }
    return nanoseconds === 0 ? otherwise : nanoseconds / nanosecondsPerMillisecond;
  };
  const interval = duration('Interval', defaults.interval);
  return {
    command,
    interval,
    timeout: duration('Timeout', defaults.timeout),
    startPeriod: duration('StartPeriod', defaults.startPeriod),
    startInterval: duration('StartInterval', Math.min(defaults.startInterval, interval)),
    retries: check?.Retries || defaults.retries,
  };
}

function commandOf(test: readonly string[], shell: readonly string[]): readonly string[] | undefined {
  const [kind, ...words] = test;
  if (kind === undefined || kind === 'NONE') return undefined;
  if (kind === 'CMD' && words.length > 0) return words;
  if (kind === 'CMD-SHELL' && words.length > 0) return [...shell, ...words];
  throw new TcomposeError(
    'ENGINE_BAD_PARAMETER',
    `unknown type '${kind}' in Healthcheck test (${test.join(' ')})`,
    {
      hint: 'A test is ["NONE"], ["CMD", command, …] or ["CMD-SHELL", "command line"].',
    },
  );
}
