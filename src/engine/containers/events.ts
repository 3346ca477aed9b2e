import type { StringMap } from '../api/common.ts';
import type { Engine } from '../context.ts';
import type { Container } from './container.ts';

/** Journals a container event with Docker's attributes: the labels, image, name, and what the action adds. */
export function emitContainer(
  engine: Pick<Engine, 'events'>,
  container: Container,
  action: string,
  attributes: StringMap = {},
): void {
  engine.events.emit({
    type: 'container',
    action,
    id: container.id,
    attributes: {
      ...container.record.config.Labels,
      ...attributes,
      image: container.record.config.Image,
      name: container.name,
    },
  });
}

/** One event for a whole prune; `reclaimed` in bytes. */
export function emitPrune(
  engine: Pick<Engine, 'events'>,
  type: 'container' | 'image' | 'network' | 'volume',
  reclaimed: number,
): void {
  engine.events.emit({ type, action: 'prune', id: '', attributes: { reclaimed: String(reclaimed) } });
}

/** Journals an event of a network; with `connect` and `disconnect`, the container's id. */
export function emitNetwork(
  engine: Pick<Engine, 'events'>,
  network: { readonly id: string; readonly name: string; readonly driver: string },
  action: 'create' | 'destroy' | 'connect' | 'disconnect',
  container?: string,
): void {
  engine.events.emit({
    type: 'network',
    action,
    id: network.id,
    attributes: {
      ...(container === undefined ? {} : { container }),
      name: network.name,
      type: network.driver === 'none' ? 'null' : network.driver,
    },
  });
}

/** Journals an event of a volume. */
export function emitVolume(
  engine: Pick<Engine, 'events'>,
  name: string,
  action: 'create' | 'destroy' | 'mount' | 'unmount',
  attributes: StringMap = {},
): void {
  engine.events.emit({ type: 'volume', action, id: name, attributes: { driver: 'local', ...attributes } });
}
