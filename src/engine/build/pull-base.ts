import { imageArchitecture } from '../../image/host/host-config.ts';
import { familiarReference, type ImageReference } from '../../image/reference.ts';
import type { ImageRecord } from '../../image/types.ts';
import type { Engine } from '../context.ts';
import { pullImage } from '../images/pull/pull-image.ts';
import type { BuildSink } from './sink.ts';

/** Fetches an image that a Dockerfile names from its registry, as somebody without an account there. */
export async function pullBase(
  engine: Engine,
  reference: ImageReference,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<ImageRecord> {
  const { images, registries } = engine;
  const own = { os: 'linux', architecture: imageArchitecture(process.arch) };
  const name = familiarReference(reference);
  await sink({ type: 'note', text: `pulling ${name}` });
  const record = await pullImage(
    { registries, content: images, get: (one) => images.get(one, own), own },
    { credentials: {}, proxies: undefined, signal, reference, platform: undefined },
    () => {},
  );
  engine.events.emit({ type: 'image', action: 'pull', id: name, attributes: { name } });
  await sink({ type: 'note', text: `pulled ${name}` });
  return record;
}
