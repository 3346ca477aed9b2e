import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of work after which others get their turn. */
const turn = 4;

/** For loops of system calls that do not wait: to be awaited in every round, gives way when it is time. */
export function turns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since <= turn) return;
    await nextTurn();
    since = performance.now();
  };
}
