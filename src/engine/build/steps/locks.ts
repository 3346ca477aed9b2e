import { interrupted } from './interrupted.ts';

/** A cache mount that a step is using. */
export interface HeldMount {
  readonly name: string;
  /** Idempotent. */
  readonly release: () => Promise<void>;
}

/** Records who uses which cache mount. */
export interface CacheLocks {
  /**
   * The directory to use for a mount: `shared` at once, `locked` when nobody else has it, `private` another one while
   * it is used. Several must be taken in the order of their names; otherwise two users could wait for each other.
   * @throws TcomposeError BUILD_STEP when the signal fires during the wait
   */
  take(name: string, sharing: 'shared' | 'private' | 'locked', signal: AbortSignal): Promise<HeldMount>;
  /** Has the first user of a mount make its directory; the others wait for that. */
  made(name: string, make: () => Promise<void>): Promise<void>;
  /** Whether somebody is using that directory. */
  isUsed(name: string): boolean;
}

export function createCacheLocks(): CacheLocks {
  const users = new Map<string, number>();
  const waiting = new Set<() => void>();
  const making = new Map<string, Promise<void>>();
  const hold = (name: string): HeldMount => {
    users.set(name, (users.get(name) ?? 0) + 1);
    let held = true;
    return {
      name,
      release: async (): Promise<void> => {
        if (!held) return;
        held = false;
        const left = (users.get(name) ?? 1) - 1;
        if (left > 0) users.set(name, left);
        else users.delete(name);
        for (const wake of [...waiting]) wake();
      },
    };
  };
  const change = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        waiting.delete(wake);
        signal.removeEventListener('abort', stop);
      };
      const wake = (): void => {
        end();
        resolve();
      };
      const stop = (): void => {
        end();
        reject(interrupted());
      };
      waiting.add(wake);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
  return {
    isUsed: (name) => users.has(name),
    async made(name, make) {
      const known = making.get(name);
      if (known !== undefined) return known;
      const made = make().finally(() => making.delete(name));
      making.set(name, made);
      return made;
    },
    async take(name, sharing, signal) {
      if (sharing === 'shared') return hold(name);
      if (sharing === 'private') {
        let free = name;
        for (let number = 1; users.has(free); number++) free = `${name}-${number}`;
        return hold(free);
      }
      while (users.has(name)) await change(signal);
      return hold(name);
    },
  };
}
