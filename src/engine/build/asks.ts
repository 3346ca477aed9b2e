import { randomBytes } from 'node:crypto';
import type { BuildClient, RegistryIdentity } from './build-client.ts';
import type { BuildSink } from './sink.ts';

/** Questions to clients that wait for their answers. */
export interface Asks {
  /** The client at the other end of a build's events. @param agents paths of agents' sockets, by id */
  client(sink: BuildSink, signal: AbortSignal, agents: Readonly<Record<string, string>>): BuildClient;
  /** False when nobody waits for the answer. */
  answer(id: string, identity: RegistryIdentity): boolean;
}

export function createAsks(): Asks {
  const open = new Map<string, (identity: RegistryIdentity) => void>();
  return {
    client: (sink, signal, agents) => ({
      agent: (id) => agents[id],
      async registry(image) {
        const id = randomBytes(16).toString('hex');
        try {
          return await new Promise<RegistryIdentity>((resolve, reject) => {
            open.set(id, resolve);
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
            if (signal.aborted) reject(signal.reason);
            Promise.resolve(sink({ type: 'ask', id, image })).catch(reject);
          });
        } finally {
          open.delete(id);
        }
      },
    }),
    answer(id, identity) {
      const waiting = open.get(id);
      waiting?.(identity);
      return waiting !== undefined;
    },
  };
}
