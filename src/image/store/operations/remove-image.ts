import type { ImageRemoval, RemoveOptions } from '../../types.ts';
import { withoutNames } from '../references.ts';
import { planRemoval } from '../removal.ts';
import type { Shelf } from '../shelf.ts';
import { sweepRemoved } from '../sweep.ts';
import type { ImageFinder } from './find-image.ts';

/** See ImageStore.remove; to be called while nothing else changes the store. */
export async function removeImage(
  shelf: Shelf,
  finder: ImageFinder,
  name: string,
  removeOptions: RemoveOptions,
): Promise<readonly ImageRemoval[]> {
  const { metadata } = shelf;
  const image = finder.mustGet(name);
  const children = metadata.images().filter(({ record }) => record.parent === image.id);
  const plan = planRemoval(
    image,
    name,
    removeOptions,
    children.map(({ record }) => record.id),
  );
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
