import type { CliContext } from '../../context.ts';

/** Set for the process that watches in the background, which has the same command line as the one that began it. */
export const backgroundMarker = 'TCOMPOSE_WATCH_BACKGROUND';

/** Whether this process is to watch in the background. */
export const isBackground = ({ env }: CliContext): boolean =>
  env[backgroundMarker] === '1' && process.send !== undefined;
