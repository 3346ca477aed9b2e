import type { ImageRecord, ImageRemoval, RemoveOptions } from '../../types.ts';
import { withoutNames } from '../references.ts';
import { planRemoval, type RemovalPlan } from '../removal.ts';
import type { Shelf } from '../shelf.ts';
import { sweepRemoved } from '../sweep.ts';
import type { ImageFinder } from './find-image.ts';

/**
 * See ImageStore.remove; nothing else may change the store meanwhile. A name is removed from the images of all its
 * platforms.
 */
export async function removeImage(
  shelf: Shelf,
  finder: ImageFinder,
  name: string,
  removeOptions: RemoveOptions,
): Promise<readonly ImageRemoval[]> {
  const plans = finder.allOf(name).map((image) => {
    const children = shelf.metadata.images().filter(({ record }) => record.parent === image.id);
    const ids = children.map(({ record }) => record.id);
    return { image, plan: planRemoval(image, name, removeOptions, ids) };
  });
  const removals: ImageRemoval[] = [];
  for (const { image, plan } of plans) removals.push(...(await carriedOut(shelf, finder, image, plan)));
  // A name that stood for several images is reported once.
  return removals.filter(
    (one, at) =>
      !('Untagged' in one) ||
      at === removals.findIndex((other) => 'Untagged' in other && other.Untagged === one.Untagged),
  );
}

async function carriedOut(
  shelf: Shelf,
  finder: ImageFinder,
  image: ImageRecord,
  plan: RemovalPlan,
): Promise<ImageRemoval[]> {
  const { metadata } = shelf;
  if (plan.untag.length > 0)
    await metadata.setReferences(withoutNames(metadata.references, plan.untag, image.id));
  const removals: ImageRemoval[] = plan.untag.map((reference) => ({ Untagged: reference }));
  if (!plan.delete) return removals;
  const { manifest, index, layers: blobs } = finder.storedOf(image);
  await metadata.removeImage(image.id);
  const digests = [
    image.id,
    manifest.digest,
    ...blobs.map(({ digest }) => digest),
    ...(index === undefined ? [] : [index.digest]),
  ];
  const gone = await sweepRemoved(shelf, {
    digests: new Set(digests),
    chains: new Set(),
    order: image.chain,
  });
  return [...removals, { Deleted: image.id }, ...gone.map((chainId) => ({ Deleted: chainId }))];
}
