import { TcomposeError } from '../../errors.ts';
import type { Platform } from '../../image/index.ts';
import { otherPlatform } from '../../image/platform.ts';
import { familiarName, familiarReference, parseReference } from '../../image/reference.ts';
import type { ImageRecord } from '../../image/types.ts';
import type { Engine } from '../context.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter } from '../http/failure.ts';
import { askedPlatform, bestPlatform } from '../images/asked-platform.ts';
import { streamTransfer } from '../images/progress-stream.ts';
import { pushImage } from '../images/push/push-image.ts';
import { registryRequest } from './registry-request.ts';

/** `POST /images/{name}/push?tag=…`: one tag, or all local tags of the repository. */
export async function pushRoute(engine: Engine, exchange: Exchange): Promise<void> {
  const { domain, path, tag: named, digest } = parseReference(exchange.params.name!);
  if (digest !== undefined) throw badParameter('cannot push a digest reference');
  const tag = exchange.query.get('tag') || named;
  const { images, registries } = engine;
  const name = familiarName({ domain, path });
  const request = registryRequest(exchange);
  const platform = askedPlatform(exchange.query.get('platform'));
  const tags = tag === undefined ? tagsHere(engine, name) : [tag];
  await streamTransfer(
    exchange,
    () => engine.clock.monotonic(),
    async (tell) => {
      tell({ kind: 'pushing', repository: `${domain}/${path}` });
      for (const one of tags) {
        const reference = parseReference(`${domain}/${path}:${one}`);
        const all = platformsOf(engine, familiarReference(reference), platform);
        if (all.length === 0) throw missing(name);
        for (const image of all)
          await pushImage(
            {
              registries,
              content: images,
              list: () => images.list(),
              namesOf: ({ tags, repoDigests }) => [...repoDigests, ...tags],
            },
            { ...request, reference, image, alone: platform !== undefined },
            tell,
          );
        const id = familiarReference(reference);
        engine.events.emit({ type: 'image', action: 'push', id, attributes: { name } });
      }
      if (tags.length === 0) throw missing(name);
    },
  );
}

const missing = (name: string): TcomposeError =>
  new TcomposeError('IMAGE_NOT_FOUND', `An image does not exist locally with the tag: ${name}`);

/**
 * The images for a name: that for this machine's platform comes last, and is pushed with the index of all, once the
 * others are there. With a platform only its own.
 * @throws TcomposeError IMAGE_NOT_FOUND when there is only an image for another platform
 */
function platformsOf(
  { images }: Engine,
  name: string,
  platform: Platform | undefined,
): readonly ImageRecord[] {
  const wanted = platform && images.get(name, platform);
  if (wanted !== undefined) return [wanted];
  const own = images.get(name, bestPlatform()) ?? images.get(name);
  if (own === undefined) return [];
  if (platform !== undefined) throw otherPlatform(name, own, platform);
  const others = images.list().filter(({ id, tags, host }) => id !== own.id && !host && tags.includes(name));
  return [...others, own];
}

/** Local tags of a repository, by its familiar name. */
function tagsHere({ images }: Engine, name: string): string[] {
  return images
    .list()
    .flatMap(({ tags }) => tags)
    .filter((tag) => tag.slice(0, tag.lastIndexOf(':')) === name)
    .map((tag) => tag.slice(tag.lastIndexOf(':') + 1))
    .sort();
}
