import { normaliseTag } from '../../image/reference.ts';
import { nameTogether } from '../build/platforms/platform-index.ts';
import type { Engine } from '../context.ts';

/** Gives an image names, or those of several platforms together. Returns them as they are kept. @throws TcomposeError IMAGE_REFERENCE */
export async function tagImage(
  engine: Engine,
  image: string,
  names: readonly string[],
  images: readonly string[] = [],
): Promise<readonly string[]> {
  const tags = names.map(normaliseTag);
  if (images.length > 1) {
    await nameTogether(engine, images, tags);
    return tags;
  }
  for (const name of tags) {
    await engine.images.tag(image, name);
    engine.events.emit({ type: 'image', action: 'tag', id: image, attributes: { name } });
  }
  return tags;
}
