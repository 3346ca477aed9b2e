/** Milliseconds of one turn of the event loop that requests may begin in. */
const share = 4;

/**
 * Lets requests that come all at once begin over several turns of the event loop: what one of them does before it first
 * waits takes some milliseconds, and twenty in one turn would keep timers, names and other connections waiting for all of
 * it. Undefined: it may begin now.
 */
export function sharedLoop(now: () => number = () => performance.now()): () => Promise<void> | undefined {
  const waiting: (() => void)[] = [];
  let began: number | undefined;

  /** Behind what this turn had to do; the next turn looks for other events first. */
  function turn(): void {
    const next = waiting.shift();
    began = next === undefined ? undefined : now();
    if (next === undefined) return;
    setImmediate(turn);
    next();
  }

  return () => {
    if (began === undefined) {
      began = now();
      setImmediate(turn);
      return undefined;
    }
    if (waiting.length === 0 && now() - began <= share) return undefined;
    return new Promise((resolve) => waiting.push(resolve));
  };
}
