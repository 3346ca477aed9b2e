import type { ImageRuntimeConfig } from '../../../image/types.ts';
import { isSignal } from './check-create.ts';
import { isTooShort } from './check-values.ts';

/** What of an image's configuration counts for a container, and a sentence for each part that is left out. */
export interface ImageDefaults {
  readonly config: ImageRuntimeConfig;
  readonly warnings: readonly string[];
}

/**
 * The configuration without a stop signal that is none and times of a health check that are too short to be meant: whoever
 * runs an image can't mend it, and dockerd runs it, too.
 */
export function imageDefaults(reference: string, config: ImageRuntimeConfig): ImageDefaults {
  const { StopSignal, Healthcheck, ...rest } = config;
  const badSignal = StopSignal !== undefined && !isSignal(StopSignal);
  const tooShort = Object.entries(Healthcheck ?? {}).flatMap(([name, value]) =>
    isTooShort(name, value) ? [name] : [],
  );
  return {
    config: {
      ...rest,
      ...(StopSignal === undefined || badSignal ? {} : { StopSignal }),
      ...(Healthcheck === undefined
        ? {}
        : {
            Healthcheck: Object.fromEntries(
              Object.entries(Healthcheck).filter(([name]) => !tooShort.includes(name)),
            ),
          }),
    },
    warnings: [
      ...(badSignal
        ? [
            `image ${reference} says to be stopped by ${JSON.stringify(StopSignal)}, which is no signal: SIGTERM is sent`,
          ]
        : []),
      ...tooShort.map(
        (name) => `image ${reference} has a health check whose ${name} is less than 1ms: the default counts`,
      ),
    ],
  };
}
