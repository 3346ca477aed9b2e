import { readFileSync } from 'node:fs';

/**
 * Simulates a full disk for tests: with `TCOMPOSE_FULL_DISK=<file>` in the environment (nothing sets it in normal use),
 * every write of engine state fails with ENOSPC while that file exists; a number in the file says how many writes
 * succeed first.
 * @returns the function that every write calls before it begins, with its path
 */
export function createFullDisk(env: Readonly<Record<string, string | undefined>>): (path: string) => void {
  const control = env.TCOMPOSE_FULL_DISK;
  if (control === undefined || control === '') return () => {};
  let content: string | undefined;
  let left = 0;
  return (path) => {
    const now = readOptional(control);
    if (now !== content) {
      content = now;
      left = Number(now ?? 0) || 0;
    }
    if (now === undefined || left-- > 0) return;
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      errno: -28,
      syscall: 'write',
      path,
    });
  };
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The simulation for this process. */
export const refuseOnFullDisk = createFullDisk(process.env);
