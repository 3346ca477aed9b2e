import { join } from 'node:path';
import type { Engine } from '../context.ts';
import type { BuildShop } from './build-shop.ts';
import { cacheBudget } from './cache/budget.ts';
import { choosePrune } from './cache/choose-prune.ts';
import { writeStatCache } from './cache/stat-cache-file.ts';

/** Milliseconds after the last build. */
const delay = 1500;

/** The file that stores what is known about files' contents. */
export const statCacheFile = (engine: Engine): string => join(engine.layout.lib, 'build', 'files');

/**
 * Work that nobody waits for: syncs results to the disk, stores what was read, and removes the oldest results when the
 * cache has become too large.
 */
export function createUpkeep(engine: Engine, shop: BuildShop): () => void {
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  const work = async (): Promise<void> => {
    if (busy || shop.running > 0) return;
    busy = true;
    try {
      await keepUp(engine, shop);
    } catch (error) {
      engine.log.warn(`the build cache could not be maintained: ${(error as Error).message}`);
    } finally {
      busy = false;
    }
  };
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => void work(), delay);
    timer.unref();
  };
}

async function keepUp(engine: Engine, { cache, files }: BuildShop): Promise<void> {
  if (files.changed) {
    files.changed = false;
    await writeStatCache(statCacheFile(engine), files.entries());
  }
  await cache.settle();
  const entries = await cache.entries();
  const mostUsed = cacheBudget(engine.layout.config, engine.layout.lib);
  const gone = choosePrune(entries, { mostUsed });
  if (gone.length === 0) return;
  const removed = await cache.remove(new Set(gone));
  engine.log.debug(`build cache: ${removed.length} of the least recently used results were removed`);
}
