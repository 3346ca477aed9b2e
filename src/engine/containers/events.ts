import type { StringMap } from '../api/common.ts';
import type { Engine } from '../context.ts';
import type { Container } from './container.ts';

/** Journals a container event with Docker's attributes: labels, image, name, and those of the action. */
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

/** Journals a network event; for `connect` and `disconnect` with the container's id. */
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

/** Journals a volume event. */
export function emitVolume(
  engine: Pick<Engine, 'events'>,
  name: string,
  action: 'create' | 'destroy' | 'mount' | 'unmount',
  attributes: StringMap = {},
): void {
  engine.events.emit({ type: 'volume', action, id: name, attributes: { driver: 'local', ...attributes } });
}
