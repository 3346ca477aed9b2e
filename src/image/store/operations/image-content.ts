import { TcomposeError } from '../../../errors.ts';
import type { ImageContent, StoredManifest } from '../../ingest-types.ts';
import type { ImageRecord } from '../../types.ts';
import type { StoreIngest } from '../ingest.ts';
import { makeImage, makeLayer } from '../make-image.ts';
import type { Shelf } from '../shelf.ts';
import { unpackLayer } from '../unpack-layer.ts';
import type { ImageFinder } from './find-image.ts';
import { taggable } from './taggable.ts';

async function manifestOf(shelf: Shelf, finder: ImageFinder, image: ImageRecord): Promise<StoredManifest> {
  const { manifest, index } = finder.storedOf(image);
  const read = async (digest: string): Promise<Buffer> => {
    const bytes = await shelf.blobs.read(digest);
    if (bytes !== undefined) return bytes;
    throw new TcomposeError('IMAGE_STORE', `the blob ${digest} of ${image.tags[0] ?? image.id} is lost`, {
      hint: 'Fetch or load the image again.',
    });
  };
  return {
    manifest: { descriptor: manifest, bytes: await read(manifest.digest) },
    ...(index === undefined ? {} : { index: { descriptor: index, bytes: await read(index.digest) } }),
  };
}

/** Reads and makes blobs, layers and manifests of the store's images. */
export function imageContent(shelf: Shelf, finder: ImageFinder, newIngest: () => StoreIngest): ImageContent {
  const { layers } = shelf;
  return {
    ingest: newIngest,
    openBlob: (digest) => shelf.blobs.open(digest),
    manifestOf: (image) => manifestOf(shelf, finder, image),
    layersOf: async (image) =>
      finder.storedOf(image).layers.map((descriptor, index) => ({
        descriptor,
        diffId: image.diffIds[index]!,
        chainId: image.chain[index]!,
        size: layers.info(image.chain[index]!)?.size ?? 0,
      })),
    maker: {
      unpack: (layer, directory, lower) => unpackLayer(shelf, layer, directory, lower),
      layer: (source, parent, ingest) => makeLayer(shelf, source, parent, ingest as StoreIngest),
      image: async (image, ingest) => {
        const tag = image.tag === undefined ? {} : { tag: taggable(image.tag) };
        return finder.byId(await makeImage(shelf, { ...image, ...tag }, ingest as StoreIngest))!;
      },
    },
  };
}
