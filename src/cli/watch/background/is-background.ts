import type { CliContext } from '../../context.ts';

/** Set for the background watcher, which has the same command line as the process that started it. */
export const backgroundMarker = 'TCOMPOSE_WATCH_BACKGROUND';

/** Whether this process is the background watcher. */
export const isBackground = ({ env }: CliContext): boolean =>
  env[backgroundMarker] === '1' && process.send !== undefined;
