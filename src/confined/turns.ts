import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of work after which others get a turn. */
const turn = 4;

/** For loops of system calls that never wait: to be awaited in every iteration, it yields when it is time. */
export function turns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since <= turn) return;
    await nextTurn();
    since = performance.now();
  };
}
