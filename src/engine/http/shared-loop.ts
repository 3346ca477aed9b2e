/** Milliseconds in each turn of the event loop during which requests may begin. */
const share = 4;

/**
 * Spreads requests that arrive all at once over several turns of the event loop: what each of them does before it first
 * waits takes some milliseconds, and twenty in one turn would delay timers, names and other connections. Undefined when
 * the request may begin at once.
 */
export function sharedLoop(now: () => number = () => performance.now()): () => Promise<void> | undefined {
  const waiting: (() => void)[] = [];
  let began: number | undefined;

  /** After the other work of this turn; the next turn handles other events first. */
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
