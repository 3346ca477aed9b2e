import { join } from 'node:path';
import { diskUsage } from '../../confined/disk-usage.ts';
import type { Engine } from '../context.ts';
import { buildShop } from './shop.ts';

/** Takes the results of steps and the cache mounts away, unless a build is under way; the answer is that of `/build/prune`. */
export async function pruneBuilds(
  engine: Engine,
): Promise<{ readonly CachesDeleted: readonly string[] | null; readonly SpaceReclaimed: number }> {
  const shop = await buildShop(engine);
  if (shop.running > 0) return { CachesDeleted: null, SpaceReclaimed: 0 };
  const before = await sizeOf(engine);
  const gone = await shop.cache.prune(new Set());
  return {
    CachesDeleted: gone.length === 0 ? null : gone,
    SpaceReclaimed: Math.max(0, before - (await sizeOf(engine))),
  };
}

const sizeOf = (engine: Engine): Promise<number> => diskUsage(join(engine.layout.lib, 'build'));
