import { normaliseTag } from '../../image/reference.ts';
import type { Engine } from '../context.ts';

/** Gives an image names. Returns them as they are kept. @throws TcomposeError IMAGE_REFERENCE */
export async function tagImage(
  engine: Engine,
  image: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const tags = names.map(normaliseTag);
  for (const name of tags) {
    await engine.images.tag(image, name);
    engine.events.emit({ type: 'image', action: 'tag', id: image, attributes: { name } });
  }
  return tags;
}
