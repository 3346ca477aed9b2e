import type { EventMessage } from '../../engine/api/events.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { projectFilter } from '../observe.ts';

/** Follows a project's container events through one subscription. */
export interface ContainerWatch {
  /** Resolves at the next event of the container, or when the signal aborts. To be called before examining the state. */
  next(id: string, signal: AbortSignal): Promise<void>;
  onEvent(listener: (event: EventMessage) => void): () => void;
  /** Rejects when the subscription is lost for good. */
  readonly lost: Promise<never>;
  close(): void;
}

/** Subscribes; when this resolves no later event is missed. */
export async function watchContainers(client: EngineClient, project: string): Promise<ContainerWatch> {
  const stop = new AbortController();
  const listeners = new Set<(event: EventMessage) => void>();
  let opened: () => void = () => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const lost = (async () => {
    const stream = client.events({
      filters: { type: ['container'], ...projectFilter(project) },
      signal: stop.signal,
      onOpen: opened,
    });
    for await (const event of stream) for (const listener of [...listeners]) listener(event);
    return new Promise<never>(() => {});
  })();
  lost.catch(() => {});
  await Promise.race([open, lost]);
  const onEvent = (listener: (event: EventMessage) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    onEvent,
    lost,
    next(id, signal) {
      return new Promise<void>((resolve) => {
        const end = () => {
          off();
          signal.removeEventListener('abort', end);
          resolve();
        };
        const off = onEvent((event) => {
          if (event.Actor.ID === id) end();
        });
        signal.addEventListener('abort', end, { once: true });
        if (signal.aborted) end();
      });
    },
    close: () => stop.abort(),
  };
}
