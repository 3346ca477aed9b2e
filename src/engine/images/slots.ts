/** Limits how many operations of a kind run at once; the others wait in order. */
export interface Slots {
  /**
   * Resolves with the function that releases it, which is idempotent. Rejects when `signal` is aborted before. `wait`
   * is called when it has to wait.
   */
  take(key: string, limit: number, signal: AbortSignal, wait?: () => void): Promise<() => void>;
}

export function createSlots(): Slots {
  const taken = new Map<string, { used: number; readonly queue: (() => void)[] }>();

  return {
    async take(key, limit, signal, wait) {
      const slot = taken.get(key) ?? { used: 0, queue: [] };
      taken.set(key, slot);
      signal.throwIfAborted();
      if (slot.used >= limit) {
        wait?.();
        await new Promise<void>((resolve, reject) => {
          const onAbort = (): void => {
            slot.queue.splice(slot.queue.indexOf(go), 1);
            reject(signal.reason as Error);
          };
          const go = (): void => {
            signal.removeEventListener('abort', onAbort);
            resolve();
          };
          signal.addEventListener('abort', onAbort, { once: true });
          slot.queue.push(go);
        });
      } else slot.used++;
      let released = false;
      return () => {
        if (released) return;
        released = true;
        // A slot is passed on directly, so that nobody can take it in between.
        const next = slot.queue.shift();
        if (next !== undefined) return next();
        slot.used--;
        if (slot.used === 0) taken.delete(key);
      };
    },
  };
}
