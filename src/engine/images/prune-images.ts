import type { ImageRecord } from '../../image/index.ts';
import type { ImagePruneResponse } from '../api/image.ts';
import { emitPrune } from '../containers/events.ts';
import { usesImage } from '../containers/host/image-mounts.ts';
import type { Engine } from '../context.ts';
import { type Filters, matches, matchesLabels, timeValue, yesOrNo } from '../filters.ts';
import { badParameter } from '../http/failure.ts';
import { parseRfc3339 } from '../time-text.ts';

type Removals = NonNullable<ImagePruneResponse['ImagesDeleted']>;

/**
 * Removes images that nobody uses: dangling ones, or with `dangling=false` all that no container, running or not, was made
 * from; and what broken pulls have left. Newest first, so that what was made from another goes before it.
 */
export async function pruneImages(
  engine: Engine,
  filters: Filters,
  remove: (id: string) => Promise<Removals>,
): Promise<ImagePruneResponse> {
  if ((filters.get('until')?.length ?? 0) > 1) throw badParameter('more than one until filter specified');
  const all = yesOrNo(filters, 'dangling') === false;
  const now = engine.clock.now().ms;
  const isUsed = (id: string): boolean => engine.containers.all().some(({ record }) => usesImage(record, id));
  const goes = (record: ImageRecord): boolean =>
    !record.host &&
    !isUsed(record.id) &&
    (all || record.dangling) &&
    matchesLabels(filters, record.config.Labels ?? {}) &&
    matches(filters, 'until', (value) => parseRfc3339(record.created) < (timeValue(value, now) ?? now));
  const removed: Removals[number][] = [];
  const sizes = engine.images.layerUse();
  for (const { id } of engine.images.list().filter(goes)) {
    // One that got a container meanwhile stays.
    if (isUsed(id)) continue;
    removed.push(...(await remove(id)));
  }
  let reclaimed = await engine.images.clear();
  for (const one of removed) if ('Deleted' in one) reclaimed += sizes.get(one.Deleted)?.size ?? 0;
  emitPrune(engine, 'image', reclaimed);
  return { ImagesDeleted: removed.length === 0 ? null : removed, SpaceReclaimed: reclaimed };
}
