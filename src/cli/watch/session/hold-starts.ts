import { setTimeout as sleep } from 'node:timers/promises';
import { statusOf, tolerate } from '../../../engine/client/api-failure.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { labels } from '../../../project/labels.ts';

/** Milliseconds before an engine that went away is asked again. */
const askAgain = 200;

/** Gives access to containers of a project before the engine starts them, whoever requested the start. */
export interface HeldStarts {
  /** Resolves when every later start will be held. */
  readonly ready: Promise<void>;
  close(): void;
}

/**
 * Calls `prepare` for each container of a project that is about to be started; its command begins when that has
 * settled, successfully or not. Continues with the next engine. Does nothing with an engine that can't hold starts.
 */
export function holdStarts(
  client: EngineClient,
  project: string,
  prepare: (container: { readonly id: string; readonly service: string }) => Promise<void>,
): HeldStarts {
  const end = new AbortController();
  let opened: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const one = async (id: string): Promise<void> => {
    const found = await tolerate(client.containers.inspect(id), 404);
    const own = found?.Config.Labels ?? {};
    const service = own[labels.service];
    if (service !== undefined && own[labels.oneoff] !== 'True') await prepare({ id, service });
  };
  const follow = async (): Promise<void> => {
    const wanted = [`${labels.project}=${project}`];
    while (!end.signal.aborted) {
      try {
        const starts = client.containers.holdStarts({ labels: wanted, signal: end.signal, onOpen: opened });
        for await (const id of starts)
          void one(id)
            .catch(() => undefined)
            .then(() => client.containers.release(id))
            .catch(() => undefined);
      } catch (error) {
        // An older engine without support for holds.
        if (statusOf(error) === 404) return;
      }
      await sleep(askAgain, undefined, { signal: end.signal }).catch(() => undefined);
    }
  };
  void follow().finally(opened);
  return { ready, close: () => end.abort() };
}
