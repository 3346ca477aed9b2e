import {
  type CacheConfig,
  cacheConfigType,
  inlineLayers,
  readCacheConfig,
  readInlineRecords,
} from '../../../build/llb/cache-config.ts';
import { RecordFinder } from '../../../build/llb/key-node.ts';
import { TcomposeError } from '../../../errors.ts';
import type { Descriptor, Ingest } from '../../../image/ingest-types.ts';
import { checkedDescriptor } from '../../../image/manifest.ts';
import type { CacheSource } from './backend.ts';
import { ociLayerType } from './layer-type.ts';

/** A layer of a cache. */
export interface CachedLayer {
  readonly descriptor: Descriptor;
  /** Digest of its uncompressed content. */
  readonly diffId: string;
}

/** A cache that was read: its records, and how to get its layers. */
export interface LoadedCache {
  readonly name: string;
  readonly config: CacheConfig;
  readonly finder: RecordFinder;
  /** By blob. */
  readonly layers: ReadonlyMap<string, CachedLayer>;
  bring(descriptor: Descriptor, ingest: Ingest): Promise<void>;
}

interface Manifest {
  readonly config?: unknown;
  readonly layers?: unknown;
  readonly manifests?: unknown;
}

const uncompressed = 'containerd.io/uncompressed';
/** How deeply nested indexes are followed, and how many images of an index are examined. */
const deepest = 3;
const mostImages = 32;

/**
 * Reads the caches at a source: one that is stored by itself, or those in the configurations of images.
 * @throws TcomposeError for a source that can't be reached, or has none
 */
export async function loadCaches(source: CacheSource): Promise<readonly LoadedCache[]> {
  const top = manifestOf(source, await source.manifest());
  const own = await ownCache(source, top);
  if (own !== undefined) return [own];
  const inline = await inlineCaches(source, top, 0);
  if (inline.length > 0) return inline;
  throw new TcomposeError('BUILD_CONTEXT', `there is no build cache in ${source.name}`, {
    hint: 'Images contain one when they were built with cache_to type=inline.',
  });
}

function manifestOf(source: CacheSource, bytes: Uint8Array): Manifest {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Reported below.
  }
  throw new TcomposeError('BUILD_CONTEXT', `the manifest of ${source.name} is not JSON`);
}

const descriptorsOf = (values: unknown): readonly Descriptor[] =>
  Array.isArray(values) ? values.map(checkedDescriptor) : [];

/** A cache stored as a manifest of layers with a configuration, or as an index of both. */
async function ownCache(source: CacheSource, top: Manifest): Promise<LoadedCache | undefined> {
  const entries = [
    ...(top.config === undefined ? [] : [checkedDescriptor(top.config)]),
    ...descriptorsOf(top.layers),
    ...descriptorsOf(top.manifests),
  ];
  const described = entries.find(({ mediaType }) => mediaType === cacheConfigType);
  if (described === undefined) return undefined;
  const config = readCacheConfig(await source.read(described));
  if (config === undefined)
    throw new TcomposeError('BUILD_CONTEXT', `no record of the cache ${source.name} could be read`);
  const layers = entries.flatMap((descriptor) => {
    const diffId = descriptor.annotations?.[uncompressed];
    return diffId === undefined ? [] : [{ descriptor: plainLayer(descriptor), diffId }];
  });
  return loaded(source, config, layers);
}

/** A layer as images that are built here list it: what else a cache says about it is left out. */
const plainLayer = ({ mediaType, digest, size }: Descriptor): Descriptor => ({
  mediaType: ociLayerType(mediaType),
  digest,
  size,
});

function loaded(source: CacheSource, config: CacheConfig, layers: readonly CachedLayer[]): LoadedCache {
  return {
    name: source.name,
    config,
    finder: new RecordFinder(config),
    layers: new Map(layers.map((layer) => [layer.descriptor.digest, layer])),
    bring: (descriptor, ingest) => source.bring(descriptor, ingest),
  };
}

async function inlineCaches(
  source: CacheSource,
  manifest: Manifest,
  depth: number,
): Promise<readonly LoadedCache[]> {
  if (Array.isArray(manifest.manifests)) {
    if (depth >= deepest) return [];
    const found: LoadedCache[] = [];
    for (const entry of descriptorsOf(manifest.manifests).slice(0, mostImages)) {
      // Attestations are not images.
      if (entry.platform?.os === 'unknown') continue;
      const inner = manifestOf(source, await source.read(entry));
      found.push(...(await inlineCaches(source, inner, depth + 1)));
    }
    return found;
  }
  if (manifest.config === undefined) return [];
  const one = await inlineCache(source, manifest);
  return one === undefined ? [] : [one];
}

interface ImageConfig {
  readonly rootfs?: { readonly diff_ids?: unknown };
  readonly 'moby.buildkit.cache.v0'?: unknown;
}

async function inlineCache(source: CacheSource, manifest: Manifest): Promise<LoadedCache | undefined> {
  const bytes = await source.read(checkedDescriptor(manifest.config));
  const { rootfs, 'moby.buildkit.cache.v0': kept } = manifestOf(source, bytes) as ImageConfig;
  const descriptors = descriptorsOf(manifest.layers);
  const diffIds = Array.isArray(rootfs?.diff_ids) ? rootfs.diff_ids.map(String) : [];
  if (typeof kept !== 'string' || diffIds.length !== descriptors.length) return undefined;
  const blobs = descriptors.map(({ digest }) => digest);
  const records = readInlineRecords(Buffer.from(kept, 'base64'), blobs);
  if (records === undefined) return undefined;
  const layers = descriptors.map((descriptor, at) => ({
    descriptor: plainLayer(descriptor),
    diffId: diffIds[at]!,
  }));
  return loaded(source, { layers: inlineLayers(blobs), records }, layers);
}
