import { diskUsage } from '../../confined/disk-usage.ts';
import type { Engine } from '../context.ts';
import { type Filters, untilValue } from '../filters.ts';
import { parseRfc3339 } from '../time-text.ts';
import type { Container } from './container.ts';
import { emitPrune } from './events.ts';
import { removeContainer } from './lifecycle/remove.ts';
import { matchesContainer } from './view/list.ts';

/** Answer of POST /containers/prune; SpaceReclaimed in bytes. */
interface PruneAnswer {
  readonly ContainersDeleted: readonly string[];
  readonly SpaceReclaimed: number;
}

/**
 * Removes the containers that do not run and match the filters (until, label, label!). What somebody else starts or
 * removes in between is skipped. An error ends it, after recording what was removed before.
 */
export async function pruneContainers(engine: Engine, filters: Filters): Promise<PruneAnswer> {
  const removed: string[] = [];
  let reclaimed = 0;
  const now = engine.clock.now().ms;
  const limits = filters.get('until')?.map((value) => untilValue(value, now));
  const labels = new Map([...filters].filter(([key]) => key !== 'until'));
  for (const container of engine.containers.all()) {
    const created = parseRfc3339(container.record.created);
    const old = limits === undefined || limits.some((limit) => created < limit);
    if (!old || !matchesContainer(engine, container, labels)) continue;
    const freed = await container.serial.run(() => removeIfDown(engine, container));
    if (freed === undefined) continue;
    removed.push(container.id);
    reclaimed += freed;
  }
  emitPrune(engine, 'container', reclaimed);
  return { ContainersDeleted: removed, SpaceReclaimed: reclaimed };
}

/** Bytes freed; undefined when it is running, or gone already. To be run in the container's serial queue. */
async function removeIfDown(engine: Engine, container: Container): Promise<number | undefined> {
  const { status } = container.state;
  if (container.up || status === 'restarting' || engine.containers.find(container.id) !== container)
    return undefined;
  const size = await diskUsage(container.upperDir);
  await removeContainer(engine, container, { force: false, volumes: false });
  return size;
}
