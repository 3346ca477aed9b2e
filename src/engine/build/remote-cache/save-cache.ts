import { cacheConfigType, writeCacheConfig, writeInlineRecords } from '../../../build/llb/cache-config.ts';
import type { CacheOutput } from '../../../build/llb/cache-option.ts';
import { makeCacheConfig } from '../../../build/llb/make-config.ts';
import { TcomposeError } from '../../../errors.ts';
import { sha256 } from '../../../image/digest.ts';
import type { Descriptor } from '../../../image/ingest-types.ts';
import { mediaTypes as dockerTypes } from '../../../registry/content/media-types.ts';
import type { BuildSink } from '../sink.ts';
import { inWords } from '../steps/disk-full.ts';
import type { CacheTarget, SmallBlob } from './backend.ts';
import { type DoneBuild, type KeptResults, keepResults } from './keep-results.ts';
import type { CacheShare } from './kept-builds.ts';
import { dockerLayerType, ociLayerType } from './layer-type.ts';
import type { CachedLayer } from './load-cache.ts';
import { type CacheWay, openTarget } from './open-caches.ts';

const uncompressed = 'containerd.io/uncompressed';

/**
 * Writes a build's cache to all requested places; if further builds share a cache, stores what they will need for it.
 * @throws TcomposeError unless the place says that errors are to be ignored
 */
export async function saveCaches(
  done: DoneBuild,
  outputs: readonly CacheOutput[],
  way: CacheWay,
  sink: BuildSink,
  { kept, last }: CacheShare,
): Promise<void> {
  for (const output of outputs) {
    if (output.place.kind === 'inline') continue;
    try {
      const all = await kept.with(done, output.mode);
      if (!last) continue;
      const target = await openTarget(output.place, way);
      await sink({ type: 'note', text: `exporting cache to ${target.name}` });
      await save(target, all, output, () => way.engine.fault('build:blob'));
    } catch (thrown) {
      const error = inWords(
        thrown,
        output.place.kind === 'local' ? output.place.path : way.engine.layout.lib,
      );
      const { message, hint, code } = error as TcomposeError;
      const sentence = `failed to export the build cache: ${message}`;
      if (!output.ignoreError || way.signal.aborted)
        throw new TcomposeError(code ?? 'BUILD_CONTEXT', sentence, {
          ...(hint === undefined ? {} : { hint }),
          cause: error,
        });
      await way.warn(sentence);
    }
  }
}

async function save(
  target: CacheTarget,
  { results, layers }: KeptResults,
  output: CacheOutput,
  blobKept: () => void,
): Promise<void> {
  const config = makeCacheConfig(results);
  const used = new Set(config.layers.map(({ blob }) => blob));
  const kept = layers.filter(({ descriptor }) => used.has(descriptor.digest));
  await Promise.all(kept.map(({ descriptor }) => target.layer(descriptor).then(blobKept)));
  const described = smallBlob(writeCacheConfig(config), cacheConfigType);
  await target.small(described);
  await target.manifest(manifestOf(kept, described.descriptor, output));
}

function manifestOf(
  layers: readonly CachedLayer[],
  config: Descriptor,
  { asImage, oci }: CacheOutput,
): SmallBlob {
  const listed = layers.map((layer) => listedLayer(layer, oci));
  const mediaType = asImage ? dockerTypes.ociManifest : oci ? dockerTypes.ociIndex : dockerTypes.dockerIndex;
  const content = asImage ? { config, layers: listed } : { manifests: [...listed, config] };
  return smallBlob(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content })), mediaType);
}

function listedLayer({ descriptor, diffId }: CachedLayer, oci: boolean): Descriptor {
  const { mediaType, digest, size, annotations } = descriptor;
  return {
    mediaType: oci ? ociLayerType(mediaType) : dockerLayerType(mediaType),
    digest,
    size,
    annotations: { ...annotations, [uncompressed]: diffId },
  };
}

const smallBlob = (bytes: Buffer, mediaType: string): SmallBlob => ({
  descriptor: { mediaType, digest: sha256(bytes), size: bytes.length },
  bytes,
});

/** The records for the configuration of the built image, which has their layers. */
export async function inlineRecords(done: DoneBuild): Promise<string> {
  const ingest = done.engine.images.ingest();
  try {
    const { results } = await keepResults(done, 'min', ingest);
    return writeInlineRecords(makeCacheConfig(results).records).toString('base64');
  } finally {
    await ingest.release();
  }
}
