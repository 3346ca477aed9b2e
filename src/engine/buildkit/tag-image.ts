import { normaliseTag } from '../../image/reference.ts';
import { nameTogether } from '../build/platforms/platform-index.ts';
import type { Engine } from '../context.ts';
import { emitImage } from '../images/image-events.ts';

/**
 * Gives names to an image, or to those of several platforms together. Returns the names as they are stored. @throws
 * TcomposeError IMAGE_REFERENCE
 */
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
    emitImage(engine, 'tag', image, name);
  }
  return tags;
}
