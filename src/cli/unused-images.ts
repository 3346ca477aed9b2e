import type { ImageSummary } from '../engine/api/image.ts';
import type { EngineClient } from '../engine/client/engine-client.ts';
import { humanSize } from './arguments/sizes.ts';
import type { CliContext } from './context.ts';

/** Bytes above which images that lost their names, and that no container needs, are worth mentioning. */
const worthTelling = 1_000_000_000;

/**
 * The hint about images that lost their names to pulls: `used` has the ids of containers' images. Undefined while they
 * are small. Layers that others share don't count. Pure.
 */
export function unusedImages(
  images: readonly Pick<ImageSummary, 'Id' | 'Size' | 'SharedSize'>[],
  used: ReadonlySet<string>,
): string | undefined {
  const unused = images.filter(({ Id }) => !used.has(Id));
  const bytes = unused.reduce((sum, { Size, SharedSize }) => sum + Size - Math.max(0, SharedSize), 0);
  if (bytes < worthTelling) return undefined;
  const count = unused.length === 1 ? '1 image is' : `${unused.length} images are`;
  return `${count} no longer used, ${humanSize(bytes)}`;
}

/** Mentions them at the end of a command that has pulled something. Errors are ignored, because nothing depends on it. */
export async function tellUnusedImages(
  ctx: Pick<CliContext, 'warn'>,
  client: Pick<EngineClient, 'images' | 'containers'>,
): Promise<void> {
  const found = await Promise.all([
    client.images.list({ dangling: ['true'] }, { sharedSize: true }),
    client.containers.list({ all: true }),
  ]).catch(() => undefined);
  if (found === undefined) return;
  const [images, containers] = found;
  const sentence = unusedImages(images, new Set(containers.map(({ ImageID }) => ImageID)));
  if (sentence !== undefined) ctx.warn(sentence, 'tcompose image prune removes them.');
}
