import type { Container } from './container.ts';

/** Milliseconds that a start waits for a client that holds it. */
const longest = 60_000;
/** Most holders at a time: each is a client that follows starts. */
const mostHolders = 256;

interface Holder {
  readonly labels: readonly string[];
  readonly tell: (id: string) => void;
  /** Container → functions that let its starts continue. */
  readonly waiting: Map<string, Set<() => void>>;
}

const letGo = (holder: Holder, id: string): void => {
  for (const go of [...(holder.waiting.get(id) ?? [])]) go();
};

/** Resolves when the holder is done with the container, or after `longest`: then `late` is called. */
function waitFor(holder: Holder, id: string, late: () => void): Promise<void> {
  return new Promise((resolve) => {
    const own = holder.waiting.get(id) ?? new Set();
    const go = (): void => {
      clearTimeout(timer);
      own.delete(go);
      if (own.size === 0) holder.waiting.delete(id);
      resolve();
    };
    const timer = setTimeout(() => {
      late();
      go();
    }, longest);
    holder.waiting.set(id, own.add(go));
    holder.tell(id);
  });
}

/** Clients that want access to a container before its command starts. */
export interface StartHolds {
  /**
   * Reports each start of a container with these labels (`NAME=VALUE`), and holds it. Undefined when there are too many
   * holders.
   */
  hold(labels: readonly string[], tell: (id: string) => void): (() => void) | undefined;
  /**
   * Resolves when nobody holds the container's start any more, after at most a minute. Not to be called in its serial
   * queue.
   */
  clear(container: Pick<Container, 'id' | 'name' | 'record'>): Promise<void>;
  /** Those who hold the container's start are done with it. */
  release(id: string): void;
}

/** Starts without holders. `warn` is called for starts that waited in vain. */
export function createStartHolds(warn: (sentence: string) => void): StartHolds {
  const holders = new Set<Holder>();
  return {
    hold(labels, tell) {
      if (holders.size >= mostHolders) return undefined;
      const holder: Holder = { labels, tell, waiting: new Map() };
      holders.add(holder);
      return () => {
        holders.delete(holder);
        for (const id of [...holder.waiting.keys()]) letGo(holder, id);
      };
    },

    async clear({ id, name, record }) {
      const own = record.config.Labels ?? {};
      const has = (label: string) => {
        const at = label.indexOf('=');
        return own[label.slice(0, at)] === label.slice(at + 1);
      };
      const late = () =>
        warn(`the start of ${name} was held for a minute by a client; it continues without that client`);
      const concerned = [...holders].filter((holder) => holder.labels.every(has));
      await Promise.all(concerned.map((holder) => waitFor(holder, id, late)));
    },

    release(id) {
      for (const holder of holders) letGo(holder, id);
    },
  };
}
