import { lstatSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcomposeError } from '../../errors.ts';
import { acquireLock, type HeldLock } from '../../sys/flock.ts';
import { putAside } from '../store/damage.ts';
import type { Layout } from '../store/layout.ts';

/** How long an engine waits for the lock of another that is ending, in milliseconds. */
const lockPatience = 10_000;

/**
 * Takes the locks that make this process the engine of its run directory and of its state, and holds them for life: a
 * state that is used with two run directories still has only one engine. Throws ENGINE_LOCKED.
 */
export async function takeLock(layout: Layout): Promise<HeldLock> {
  const locks: HeldLock[] = [];
  const release = (): void => {
    for (const lock of locks) lock.release();
  };
  try {
    for (const path of [layout.lock, layout.stateLock]) locks.push(await takeOne(path));
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

async function takeOne(path: string): Promise<HeldLock> {
  // Nobody can hold what is no file.
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) putAside(path);
  for (let waited = 0; ; waited += 20) {
    const lock = acquireLock(path);
    if (lock !== null) return lock;
    if (waited >= lockPatience) {
      const holder = lockHolder(path);
      const who = holder === undefined ? 'another process' : `process ${holder}`;
      throw new TcomposeError('ENGINE_LOCKED', `${who} holds the engine's lock, ${path}`, {
        hint: 'one engine serves a state directory; use that one, or set another TCOMPOSE_ROOT',
      });
    }
    await sleep(20);
  }
}

/** Pid of the process that holds a flock(2) on a file, from /proc/locks (proc_locks(5)); undefined if not listed. */
function lockHolder(path: string): number | undefined {
  try {
    const inode = String(statSync(path).ino);
    for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
      const [, kind, , , pid, file = ''] = line.split(/\s+/);
      if (kind === 'FLOCK' && file.split(':')[2] === inode && Number(pid) > 0) return Number(pid);
    }
  } catch {
    // Without /proc the error lacks the name.
  }
  return undefined;
}
