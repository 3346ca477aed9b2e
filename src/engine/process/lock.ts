import { setTimeout as sleep } from 'node:timers/promises';
import { TcomposeError } from '../../errors.ts';
import { acquireLock, type HeldLock } from '../../sys/flock.ts';
import type { Layout } from '../store/layout.ts';

/** How long an engine waits for the lock of one that is ending, milliseconds. */
const lockPatience = 10_000;

/** Takes the lock that makes this process the engine of its root, held for life. Throws ENGINE_LOCKED. */
export async function takeLock(layout: Layout): Promise<HeldLock> {
  for (let waited = 0; ; waited += 20) {
    const lock = acquireLock(layout.lock);
    if (lock !== null) return lock;
    if (waited >= lockPatience) {
      throw new TcomposeError('ENGINE_LOCKED', `another engine holds ${layout.lock}`, {
        hint: 'one engine serves a state directory; use that one, or set another TCOMPOSE_ROOT',
      });
    }
    await sleep(20);
  }
}
