import { declareAsync } from './libc.ts';

/**
 * Gives the memory that libc's allocator holds free back to the system, on a thread of the worker pool: a walk through
 * the whole heap may take a millisecond. Does nothing where libc has no such call (musl).
 */
export const trimMemory: () => Promise<void> = found();

function found(): () => Promise<void> {
  let trim: ReturnType<typeof declareAsync>;
  try {
    trim = declareAsync('int malloc_trim(size_t pad)');
  } catch {
    return () => Promise.resolve();
  }
  return async () => {
    await trim(0);
  };
}
