import type { CacheEntry } from './cache-types.ts';

/** How much of the cache may stay. Sizes are bytes. */
export interface PruneWish {
  /** Only entries that were not used since then, in milliseconds since the epoch. */
  readonly unusedSince?: number;
  /** Only entries that this accepts. */
  readonly matches?: (entry: CacheEntry) => boolean;
  /** Keep this much, most recently used first. */
  readonly reserved?: number;
  /** Above this size entries are removed, but only until `reserved` is left. */
  readonly mostUsed?: number;
  /** How much of the disk should be free, and how much is. */
  readonly free?: { readonly wanted: number; readonly now: number };
}

/**
 * Which entries to remove: the least recently used first, and an entry before those it is based on. A use of an entry
 * also counts for those it is based on. Without a size, everything that may be removed is. Pure.
 */
export function choosePrune(entries: readonly CacheEntry[], wish: PruneWish): readonly string[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const used = new Map(entries.map(({ id, used: at }) => [id, at]));
  const depths = new Map<string, number>();
  const depthOf = (id: string): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    depths.set(id, 0);
    const parents = byId.get(id)?.parents ?? [];
    const depth = parents.length === 0 ? 0 : 1 + Math.max(...parents.map(depthOf));
    depths.set(id, depth);
    return depth;
  };
  const deepestFirst = [...entries].sort((a, b) => depthOf(b.id) - depthOf(a.id));
  for (const { id, parents } of deepestFirst)
    for (const parent of parents)
      if (used.has(parent)) used.set(parent, Math.max(used.get(parent)!, used.get(id)!));
  const order = [...deepestFirst].sort((a, b) => used.get(a.id)! - used.get(b.id)!);
  let left = toFree(entries, wish);
  const gone: string[] = [];
  for (const entry of order) {
    if (left <= 0) break;
    if (entry.inUse || wish.matches?.(entry) === false) continue;
    if (wish.unusedSince !== undefined && used.get(entry.id)! >= wish.unusedSince) continue;
    gone.push(entry.id);
    left -= entry.size;
  }
  return gone;
}

/** Bytes to free; infinity when no size is given. */
function toFree(entries: readonly CacheEntry[], { reserved = 0, mostUsed, free }: PruneWish): number {
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  const above = Math.max(0, total - reserved);
  if (mostUsed === undefined && free === undefined) return reserved > 0 ? above : Number.POSITIVE_INFINITY;
  const tooMuch = mostUsed === undefined ? 0 : total - mostUsed;
  const tooFull = free === undefined ? 0 : free.wanted - free.now;
  return Math.min(above, Math.max(tooMuch, tooFull));
}
