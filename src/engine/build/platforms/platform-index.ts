import { sha256 } from '../../../image/digest.ts';
import { mediaTypes } from '../../../image/manifest.ts';
import type { Engine } from '../../context.ts';
import { emitImage } from '../../images/image-events.ts';

/**
 * Names the images of several platforms together: each name refers to the index of all of them, and to each of them for
 * its platform.
 * @param ids of images, one for each platform
 * @returns the digest of the index
 */
export async function nameTogether(
  engine: Engine,
  ids: readonly string[],
  tags: readonly string[],
): Promise<string> {
  const { images } = engine;
  const ingest = images.ingest();
  try {
    const listed = [];
    for (const id of ids) {
      const image = images.get(id)!;
      ingest.hold(image);
      const { descriptor } = (await images.manifestOf(image)).manifest;
      const { os, architecture, variant } = image;
      const platform = { architecture, os, ...(variant === undefined ? {} : { variant }) };
      listed.push({
        mediaType: descriptor.mediaType,
        digest: descriptor.digest,
        size: descriptor.size,
        platform,
      });
    }
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: listed }),
    );
    const index = { mediaType: mediaTypes.index, digest: sha256(bytes), size: bytes.length };
    await ingest.put(index, bytes);
    for (const manifest of listed) {
      for (const tag of tags) await ingest.commit({ manifest, index, tag });
      if (tags.length === 0) await ingest.commit({ manifest, index });
    }
    for (const id of ids) for (const name of tags) emitImage(engine, 'tag', id, name);
    return index.digest;
  } finally {
    await ingest.release();
  }
}
