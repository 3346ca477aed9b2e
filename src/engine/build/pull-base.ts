import type { Platform } from '../../image/index.ts';
import { familiarReference, formatReference, type ImageReference } from '../../image/reference.ts';
import type { ImageRecord } from '../../image/types.ts';
import type { Engine } from '../context.ts';
import { ownPlatform, runsHere } from '../images/asked-platform.ts';
import { pullImage } from '../images/pull/pull-image.ts';
import type { BuildClient } from './build-client.ts';
import type { BuildSink } from './sink.ts';

/**
 * Pulls an image that a Dockerfile names from its registry, with the client's credentials. @throws TcomposeError
 * REGISTRY_*, IMAGE_*
 */
export async function pullBase(
  engine: Engine,
  reference: ImageReference,
  platform: Platform,
  client: BuildClient,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<ImageRecord> {
  const { images, registries } = engine;
  const name = familiarReference(reference);
  await sink({ type: 'note', text: `pulling ${name}` });
  const { credentials, proxies } = await client.registry(formatReference(reference));
  const record = await pullImage(
    {
      registries,
      content: images,
      get: (id) => images.get(id),
      own: ownPlatform,
      isRun: runsHere,
    },
    { credentials, proxies, signal, reference, platform },
    (progress) => {
      if (progress.kind === 'warning') void sink({ type: 'note', text: `warning: ${progress.text}` });
    },
  );
  engine.events.emit({ type: 'image', action: 'pull', id: name, attributes: { name } });
  await sink({ type: 'note', text: `pulled ${name}` });
  return record;
}
