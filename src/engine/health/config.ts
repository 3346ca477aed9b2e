import { TcomposeError } from '../../errors.ts';
import type { ImageRuntimeConfig } from '../../image/types.ts';
import type { HealthConfig } from './types.ts';

type Healthcheck = ImageRuntimeConfig['Healthcheck'];
/** The API's object; a null test stands for none given. */
type HealthcheckInput =
  | (Omit<NonNullable<Healthcheck>, 'Test'> & { readonly Test?: readonly string[] | null })
  | null
  | undefined;

const nanosecondsPerMillisecond = 1e6;
const defaults = { interval: 30_000, timeout: 30_000, startPeriod: 0, startInterval: 5_000, retries: 3 };
const defaultShell = ['/bin/sh', '-c'];

/**
 * The check in force: the user's values over the image's. Durations come in nanoseconds, as in the API; 0 is "not
 * given". Undefined: no health check (none given, or NONE). Throws ENGINE_BAD_PARAMETER for a test that is none.
 */
export function resolveHealthConfig(
  user: HealthcheckInput,
  image: HealthcheckInput,
  shell: readonly string[] = defaultShell,
): HealthConfig | undefined {
  const test = nonEmpty(user?.Test) ?? nonEmpty(image?.Test) ?? [];
  const command = commandOf(test, shell);
  if (command === undefined) return undefined;
  const duration = (
    name: 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval',
    otherwise: number,
  ): number => {
    const nanoseconds = user?.[name] || image?.[name] || 0;
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
    retries: user?.Retries || image?.Retries || defaults.retries,
  };
}

function nonEmpty(test: readonly string[] | null | undefined): readonly string[] | undefined {
  return test == null || test.length === 0 ? undefined : test;
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
