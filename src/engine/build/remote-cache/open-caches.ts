import {
  type CacheOutput,
  type CachePlace,
  type NoCache,
  readCacheFrom,
  readCacheTo,
} from '../../../build/llb/cache-option.ts';
import { TcomposeError } from '../../../errors.ts';
import {
  familiarReference,
  formatReference,
  parseReference,
  withDefaultTag,
} from '../../../image/reference.ts';
import type { BuildRequest } from '../../api/build.ts';
import type { Engine } from '../../context.ts';
import type { BuildClient } from '../build-client.ts';
import type { CacheSource, CacheTarget } from './backend.ts';
import { directorySource, directoryTarget } from './directory-cache.ts';
import { imageSource } from './image-cache.ts';
import { type LoadedCache, loadCaches } from './load-cache.ts';
import { registrySource, registryTarget } from './registry-cache.ts';

/** What is needed to reach caches. */
export interface CacheWay {
  readonly engine: Engine;
  readonly client: BuildClient;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => Promise<void>;
}

/** The caches that a build may take steps from. A cache that can't be read is reported, and the build continues without it. */
export async function openCaches(
  { cacheFrom = [] }: BuildRequest,
  way: CacheWay,
): Promise<readonly LoadedCache[]> {
  const places = await known(cacheFrom.map(readCacheFrom), way);
  const loaded = await Promise.all(
    places.map(async (place) => {
      try {
        return await load(place, way);
      } catch (error) {
        if (way.signal.aborted) throw error;
        await way.warn(`cache_from: ${nameOf(place)}: ${(error as Error).message}`);
        return [];
      }
    }),
  );
  return loaded.flat();
}

/** Where to write a build's cache. @throws TcomposeError BUILD_CONTEXT */
export const openOutputs = ({ cacheTo = [] }: BuildRequest, way: CacheWay): Promise<readonly CacheOutput[]> =>
  known(cacheTo.map(readCacheTo), way);

async function known<T extends object>(
  all: readonly (T | NoCache)[],
  { warn }: CacheWay,
): Promise<readonly T[]> {
  const there: T[] = [];
  for (const one of all)
    if ('why' in one) await warn(one.why);
    else there.push(one);
  return there;
}

const nameOf = (place: CachePlace): string =>
  place.kind === 'registry' ? place.reference : place.kind === 'local' ? place.path : 'inline';

async function load(place: CachePlace, way: CacheWay): Promise<readonly LoadedCache[]> {
  if (place.kind === 'inline') return [];
  if (place.kind === 'local')
    return loadCaches(way.client.cacheSource?.(place) ?? directorySource(place, way.signal));
  const here = hereOf(place.reference, way);
  const own = here === undefined ? [] : await loadCaches(here).catch(() => []);
  return own.length > 0 ? own : loadCaches(await registryOf(place.reference, way));
}

/** The image with that name on this machine. */
function hereOf(reference: string, { engine }: CacheWay): CacheSource | undefined {
  const name = familiarReference(withDefaultTag(parseReference(reference)));
  const image = engine.images.get(name);
  return image === undefined || image.host ? undefined : imageSource(engine, image, name);
}

async function registryOf(text: string, { engine, client, signal }: CacheWay): Promise<CacheSource> {
  const reference = withDefaultTag(parseReference(text));
  const identity = await client.registry(formatReference(reference));
  return registrySource(engine, reference, { ...identity, signal });
}

/** The place to write a cache to. @throws TcomposeError */
export async function openTarget(
  place: Exclude<CachePlace, { kind: 'inline' }>,
  { engine, client, signal }: CacheWay,
): Promise<CacheTarget> {
  if (place.kind === 'local') return client.cacheTarget?.(place) ?? directoryTarget(place, engine.images);
  const reference = withDefaultTag(parseReference(place.reference));
  if (reference.digest !== undefined)
    throw new TcomposeError('BUILD_CONTEXT', `cache_to: ${place.reference} has a digest; a cache has a tag`);
  const identity = await client.registry(formatReference(reference));
  return registryTarget(engine, reference, { ...identity, signal });
}
