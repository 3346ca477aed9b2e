import { join } from 'node:path';
import { libcLayerSystem } from '../../image/unpack/layer-system.ts';
import type { Engine } from '../context.ts';
import type { BuildShop } from './build-shop.ts';
import { openCacheStore } from './cache/cache-store.ts';
import { readStatCache } from './cache/stat-cache-file.ts';
import { StatCache } from './files/stat-cache.ts';
import { createFetcher } from './sources/fetcher.ts';
import { createCacheLocks } from './steps/locks.ts';
import { stepSkeleton } from './steps/step-skeleton.ts';
import { createUpkeep, statCacheFile } from './upkeep.ts';

/** Number of steps that may run at the same time. */
const mostAtOnce = 4;

const shops = new WeakMap<Engine, Promise<BuildShop>>();

/** What the builds of an engine share; opened by the first of them. */
export function buildShop(engine: Engine): Promise<BuildShop> {
  const known = shops.get(engine);
  if (known !== undefined) return known;
  const opened = open(engine);
  shops.set(engine, opened);
  opened.catch(() => shops.delete(engine));
  return opened;
}

async function open(engine: Engine): Promise<BuildShop> {
  const system = await libcLayerSystem();
  const { storage } = engine.images;
  const locks = createCacheLocks();
  const now = () => engine.clock.now().ms;
  const cache = openCacheStore(join(engine.layout.lib, 'build'), {
    boot: engine.bootId,
    now,
    sync: (path) => system.syncFileSystem(path),
    mountUsed: locks.isUsed,
    fault: engine.fault,
  });
  const files = new StatCache(
    () => BigInt(Math.round(now())) * 1_000_000n,
    readStatCache(statCacheFile(engine)),
  );
  const shop: BuildShop = {
    cache,
    locks,
    files,
    fetcher: createFetcher(engine),
    skeleton: stepSkeleton(join(engine.layout.lib, 'build', 'base')),
    overlay: {
      ...(storage.kind === 'overlay'
        ? storage
        : { userxattr: engine.machine.userNamespace === true, refusal: storage }),
      empty: cache.empty,
    },
    underWay: new Map(),
    running: 0,
    slot: slots(mostAtOnce),
    ended: () => upkeep(),
  };
  const upkeep = createUpkeep(engine, shop);
  return shop;
}

/** A gate that lets a limited number through at a time. */
function slots(most: number): () => Promise<() => void> {
  let used = 0;
  const waiting: (() => void)[] = [];
  return async () => {
    if (used >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    used++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      used--;
      waiting.shift()?.();
    };
  };
}
