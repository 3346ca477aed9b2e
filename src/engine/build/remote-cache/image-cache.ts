import { TcomposeError } from '../../../errors.ts';
import type { ImageRecord } from '../../../image/types.ts';
import type { Engine } from '../../context.ts';
import { readBlob } from '../../images/pull/read-blob.ts';
import { type CacheSource, largestSmall } from './backend.ts';

/** An image of this machine that may contain a cache in its configuration. */
export function imageSource({ images }: Engine, image: ImageRecord, name: string): CacheSource {
  const missing = (digest: string) =>
    new TcomposeError('IMAGE_STORE', `the blob ${digest} of ${name} is not in the store`);
  return {
    name,
    manifest: async () => (await images.manifestOf(image)).manifest.bytes,
    async read({ digest }) {
      const bytes = await readBlob(images, digest, largestSmall);
      if (bytes === undefined) throw missing(digest);
      return bytes;
    },
    async bring(descriptor, ingest) {
      const answer = await ingest.blob(descriptor);
      if (answer.kind === 'present') return;
      if (answer.kind === 'write') await answer.writer.abort();
      throw missing(descriptor.digest);
    },
  };
}
