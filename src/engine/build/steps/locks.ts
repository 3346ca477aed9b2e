/** Who uses which cache mount. */
export interface CacheLocks {
  /**
   * The directory to use for a mount: `shared` at once, `locked` when nobody else has it, `private` another one while it is
   * used.
   */
  take(
    name: string,
    sharing: 'shared' | 'private' | 'locked',
  ): Promise<{ readonly name: string; readonly release: () => Promise<void> }>;
  /** Whether somebody has that directory now. */
  isUsed(name: string): boolean;
}

export function createCacheLocks(): CacheLocks {
  const users = new Map<string, number>();
  const waiting: (() => void)[] = [];
  const hold = (name: string) => {
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
        for (const wake of waiting.splice(0)) wake();
      },
    };
  };
  return {
    isUsed: (name) => users.has(name),
    async take(name, sharing) {
      if (sharing === 'shared') return hold(name);
      if (sharing === 'private') {
        let free = name;
        for (let number = 1; users.has(free); number++) free = `${name}-${number}`;
        return hold(free);
      }
      while (users.has(name)) await new Promise<void>((resolve) => waiting.push(resolve));
      return hold(name);
    },
  };
}
