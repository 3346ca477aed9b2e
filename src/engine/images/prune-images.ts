import { TcomposeError } from '../../errors.ts';
import type { ImageRecord } from '../../image/index.ts';
import type { ImagePruneResponse } from '../api/image.ts';
import { emitPrune } from '../containers/events.ts';
import { usesImage } from '../containers/host/image-mounts.ts';
import type { Engine } from '../context.ts';
import { type Filters, matches, matchesLabels, untilValue, yesOrNo } from '../filters.ts';
import { badParameter } from '../http/failure.ts';
import { parseRfc3339 } from '../time-text.ts';

type Removals = NonNullable<ImagePruneResponse['ImagesDeleted']>;

/**
 * Removes unused images: dangling ones, or with `dangling=false` all that no container, running or not, was made from;
 * and what broken pulls have left. Images from which a remaining image was made stay.
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
    matches(filters, 'until', (value) => parseRfc3339(record.created) < untilValue(value, now));
  const removed: Removals[number][] = [];
  const sizes = engine.images.layerUse();
  const images = engine.images.list();
  for (const id of pruneOrder(images, new Set(images.filter(goes).map((record) => record.id)))) {
    // An image from which a container was made meanwhile stays.
    if (isUsed(id)) continue;
    try {
      removed.push(...(await remove(id)));
    } catch (error) {
      // So does an image from which another was made meanwhile.
      if (!(error instanceof TcomposeError && error.code === 'IMAGE_IN_USE')) throw error;
    }
  }
  let reclaimed = await engine.images.clear();
  for (const one of removed) if ('Deleted' in one) reclaimed += sizes.get(one.Deleted)?.size ?? 0;
  emitPrune(engine, 'image', reclaimed);
  return { ImagesDeleted: removed.length === 0 ? null : removed, SpaceReclaimed: reclaimed };
}

/**
 * Those of `wanted` that may be removed, each after all images that were made from it. Times don't tell the order: a
 * built image has the time of its base if only labels are new. Pure.
 */
export function pruneOrder(
  images: readonly Pick<ImageRecord, 'id' | 'parent'>[],
  wanted: ReadonlySet<string>,
): string[] {
  const childrenOf = new Map<string, string[]>();
  for (const { id, parent } of images)
    if (parent !== undefined) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), id]);
  const going = new Map<string, boolean>();
  const goes = (id: string): boolean => {
    const known = going.get(id);
    if (known !== undefined) return known;
    // A damaged record may name itself as its parent.
    going.set(id, false);
    const children = (childrenOf.get(id) ?? []).map(goes);
    const all = wanted.has(id) && children.every((one) => one);
    going.delete(id);
    going.set(id, all);
    return all;
  };
  for (const { id } of images) goes(id);
  return [...going].flatMap(([id, all]) => (all ? [id] : []));
}
