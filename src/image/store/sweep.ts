import { newStaging, type Shelf } from './shelf.ts';

/** Milliseconds for which the blobs of a broken pull are kept for the next one. */
const keptFor = 7 * 24 * 60 * 60 * 1000;

interface Needed {
  readonly digests: ReadonlySet<string>;
  readonly chains: ReadonlySet<string>;
}

/** What recorded images and leases need. */
function needed(shelf: Shelf): Needed {
  const digests = new Set<string>();
  const chains = new Set<string>();
  for (const { record, manifest, index, layers } of shelf.metadata.images()) {
    for (const chainId of record.chain) chains.add(chainId);
    for (const { digest } of [manifest, ...layers, ...(index === undefined ? [] : [index])])
      digests.add(digest);
    digests.add(record.id);
  }
  for (const lease of shelf.leases) {
    for (const digest of lease.digests) digests.add(digest);
    for (const chainId of lease.chains) chains.add(chainId);
  }
  return { digests, chains };
}

/** Blobs and beginnings of blobs that nobody needs. */
export function looseBlobs(shelf: Shelf): readonly { readonly size: number }[] {
  if (shelf.metadata.incomplete) return [];
  const { digests } = needed(shelf);
  return [...shelf.blobs.list(), ...shelf.blobs.partials()].filter(({ digest }) => !digests.has(digest));
}

/**
 * Bytes of the blobs that recorded images came as, which are kept so that they can be sent unchanged; each blob counts
 * once. `used`: those of images in use.
 */
export function keptBlobs(
  { metadata, blobs }: Pick<Shelf, 'metadata' | 'blobs'>,
  isUsed: (imageId: string) => boolean,
): { readonly size: number; readonly used: number } {
  const all = new Set<string>();
  const used = new Set<string>();
  for (const { record, manifest, index, layers } of metadata.images()) {
    const own = [record.id, manifest.digest, ...layers.map(({ digest }) => digest)];
    if (index !== undefined) own.push(index.digest);
    for (const digest of own) {
      all.add(digest);
      if (isUsed(record.id)) used.add(digest);
    }
  }
  const sum = (digests: ReadonlySet<string>) =>
    [...digests].reduce((total, digest) => total + (blobs.size(digest) ?? 0), 0);
  return { size: sum(all), used: sum(used) };
}

/**
 * Removes what no recorded image and no lease needs: layers, and blobs that are older than a week, or all of them. The
 * caller holds the store exclusively.
 * @returns bytes of the freed blobs and layer files, and the layers
 */
export async function sweep(
  shelf: Shelf,
  which: 'expired' | 'all',
): Promise<{ readonly bytes: number; readonly layers: readonly string[] }> {
  // What a damaged record needs is unknown: it is better to keep too much than to lose an image that could be repaired.
  if (shelf.metadata.incomplete) return { bytes: 0, layers: [] };
  const { digests, chains } = needed(shelf);
  const oldest = which === 'all' ? Number.POSITIVE_INFINITY : shelf.now() - keptFor;
  let bytes = 0;
  const layers = shelf.layers.list().filter((chainId) => !chains.has(chainId));
  for (const chainId of layers) {
    bytes += shelf.layers.info(chainId)?.size ?? 0;
    await shelf.layers.remove(chainId, newStaging(shelf));
  }
  for (const { digest, size, changed } of shelf.blobs.list()) {
    if (digests.has(digest) || changed >= oldest) continue;
    await shelf.blobs.remove(digest);
    bytes += size;
  }
  for (const { digest, size, changed } of shelf.blobs.partials()) {
    if (digests.has(digest) || changed >= oldest) continue;
    await shelf.blobs.removePartial(digest);
    bytes += size;
  }
  return { bytes, layers };
}

/** Removes blobs and layers of an image that was removed, unless something else needs them. @returns the layers, top first */
export async function sweepRemoved(
  shelf: Shelf,
  removed: Needed & { readonly order: readonly string[] },
): Promise<readonly string[]> {
  if (shelf.metadata.incomplete) return [];
  const { digests, chains } = needed(shelf);
  for (const digest of removed.digests) if (!digests.has(digest)) await shelf.blobs.remove(digest);
  const gone = removed.order.filter((chainId) => !chains.has(chainId)).reverse();
  for (const chainId of gone) await shelf.layers.remove(chainId, newStaging(shelf));
  return gone;
}
