import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../context.ts';
import { type Filters, untilValue, yesOrNo } from '../../filters.ts';
import { badParameter } from '../../http/failure.ts';
import { buildShop } from '../shop.ts';
import type { CacheEntry } from './cache-types.ts';
import { choosePrune, type PruneWish } from './choose-prune.ts';

/** Filters that `/build/prune` and `/system/df` accept. */
export const cacheFilters = [
  'id',
  'parent',
  'type',
  'description',
  'inuse',
  'shared',
  'private',
  'until',
  'unused-for',
];

interface Pruned {
  readonly CachesDeleted: readonly string[] | null;
  readonly SpaceReclaimed: number;
}

/**
 * `POST /build/prune`: removes results of steps, fetched sources and cache mounts that no build is using.
 * @param query `all`, `reserved-space` (before: `keep-storage`), `max-used-space`, `min-free-space`
 * @throws ENGINE_BAD_PARAMETER
 */
export async function pruneBuilds(engine: Engine, query: URLSearchParams, filters: Filters): Promise<Pruned> {
  const { cache } = await buildShop(engine);
  const now = engine.clock.now().ms;
  const [since] = [...(filters.get('until') ?? []), ...(filters.get('unused-for') ?? [])];
  const unusedSince = since === undefined ? undefined : untilValue(since, now);
  const reserved = sizeOf(query, 'reserved-space') ?? sizeOf(query, 'keep-storage');
  const mostUsed = sizeOf(query, 'max-used-space');
  const minFree = sizeOf(query, 'min-free-space');
  const { bavail, bsize } = statfsSync(join(engine.layout.lib));
  const wish: PruneWish = {
    matches: matcherOf(filters),
    ...(unusedSince === undefined ? {} : { unusedSince }),
    ...(reserved === undefined ? {} : { reserved }),
    ...(mostUsed === undefined ? {} : { mostUsed }),
    ...(minFree === undefined ? {} : { free: { wanted: minFree, now: bavail * bsize } }),
  };
  const entries = await cache.entries();
  const gone = await cache.remove(new Set(choosePrune(entries, wish)));
  const sizes = new Map(entries.map(({ id, size }) => [id, size]));
  const reclaimed = gone.reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0);
  return { CachesDeleted: gone.length === 0 ? null : gone, SpaceReclaimed: reclaimed };
}

function sizeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '' || text === '0') return undefined;
  if (!/^\d+$/.test(text)) throw badParameter(`${name} is not a number of bytes: ${text}`);
  return Number(text);
}

/** Docker's word for a kind of entry. */
export const typeOf = ({ kind, description }: CacheEntry): string =>
  kind === 'mount'
    ? 'exec.cachemount'
    : kind === 'step'
      ? 'regular'
      : /#[0-9a-f]{40,64}$/.test(description)
        ? 'source.git.checkout'
        : 'regular';

function matcherOf(filters: Filters): (entry: CacheEntry) => boolean {
  const wants = (key: string, value: string): boolean => filters.get(key)?.includes(value) ?? true;
  const inUse = yesOrNo(filters, 'inuse');
  const shared = yesOrNo(filters, 'shared');
  const own = yesOrNo(filters, 'private');
  const [parent] = filters.get('parent') ?? [];
  const [id] = filters.get('id') ?? [];
  const [words] = filters.get('description') ?? [];
  return (entry) =>
    (id === undefined || entry.id.startsWith(id)) &&
    (parent === undefined || entry.parents.some((one) => one.startsWith(parent))) &&
    (words === undefined || entry.description.includes(words)) &&
    wants('type', typeOf(entry)) &&
    (inUse === undefined || entry.inUse === inUse) &&
    shared !== true &&
    own !== false;
}

/** The cache as `/system/df` lists it. */
export async function listBuilds(engine: Engine): Promise<readonly object[]> {
  const { cache } = await buildShop(engine);
  return (await cache.entries()).map((entry) => ({
    ID: entry.id,
    Parents: entry.parents,
    Type: typeOf(entry),
    Description: entry.description,
    InUse: entry.inUse,
    Shared: false,
    Size: entry.size,
    CreatedAt: new Date(entry.created).toISOString(),
    LastUsedAt: entry.uses === 0 && entry.used === 0 ? null : new Date(entry.used).toISOString(),
    UsageCount: entry.uses,
  }));
}
