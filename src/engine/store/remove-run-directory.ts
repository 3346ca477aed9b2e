import { rm } from 'node:fs/promises';

/**
 * Removes the run directory of a container, exec or step, if it is there. A shim, or a runtime that it drives, may make a
 * file in it while it ends: then this is tried again, for some seconds.
 */
export const removeRunDirectory = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 25 });
