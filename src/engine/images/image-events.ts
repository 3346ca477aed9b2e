import type { Engine } from '../context.ts';

/** Journals an image event with Docker's attributes: the image's labels, if it has one still, and the name. */
export function emitImage(
  engine: Pick<Engine, 'events' | 'images'>,
  action: 'create' | 'delete' | 'import' | 'load' | 'tag' | 'untag',
  id: string,
  name: string,
  labels: Readonly<Record<string, string>> | null | undefined = engine.images.get(id)?.config.Labels,
): void {
  engine.events.emit({ type: 'image', action, id, attributes: { ...labels, name } });
}
