import { TcomposeError } from '../../errors.ts';
import { parseImageConfig } from '../config-facts.ts';
import { chainIds } from '../digest.ts';
import type { ImageConfigFacts, ImageToCommit } from '../ingest-types.ts';
import { type ManifestFacts, parseManifest } from '../manifest.ts';
import { formatPlatform, normalisePlatform } from '../platform.ts';
import type { StoredImage } from './image-metadata.ts';
import { sameButTimes, withDigest, withTag } from './references.ts';
import { settleLayer } from './settle-layer.ts';
import { type Lease, newStaging, type Shelf } from './shelf.ts';

const lost = (what: string): TcomposeError =>
  new TcomposeError('IMAGE_STORE', `${what} is not in the image store`, {
    hint: 'Fetch or load the image again.',
  });

async function blobOf(shelf: Shelf, digest: string): Promise<Buffer> {
  const bytes = await shelf.blobs.read(digest);
  if (bytes === undefined) throw lost(`the blob ${digest}`);
  return bytes;
}

/**
 * Records an image whose blobs and layers `lease` holds: first the layers, all synced to the disk, then the image, then
 * its names.
 * @returns its id
 * @throws TcomposeError IMAGE_CONFIG, IMAGE_STORE
 */
export async function recordImage(
  shelf: Shelf,
  lease: Lease,
  image: ImageToCommit & { readonly parent?: string },
): Promise<string> {
  const manifest = parseManifest(await blobOf(shelf, image.manifest.digest));
  const id = manifest.config.digest;
  const facts = parseImageConfig(await blobOf(shelf, id), shelf.architecture);
  if (facts.diffIds.length !== manifest.layers.length)
    throw new TcomposeError(
      'IMAGE_CONFIG',
      `invalid manifest, layers length mismatch: expected ${manifest.layers.length}, got ${facts.diffIds.length}`,
    );
  const chain = chainIds(facts.diffIds);
  if (image.index !== undefined && shelf.blobs.size(image.index.digest) === undefined)
    throw lost(`the index ${image.index.digest}`);
  await completeLayers(shelf, chain, manifest);
  shelf.beforeWrite(shelf.root);
  // One sync for all files: a sync for each would take longer than unpacking.
  const dirty = lease.dirty || [...shelf.leases].some((other) => other.dirty);
  if (dirty) await shelf.system.syncFileSystem(shelf.root);
  return shelf.exclusively(async () => {
    for (const chainId of chain) {
      const staged = shelf.staged.get(chainId);
      // If another ingest has recorded the layer, this tree is removed with the last of its users, who may still be
      // working on it.
      if (staged === undefined || shelf.layers.info(chainId) !== undefined) continue;
      await shelf.layers.add(chainId, staged.directory, newStaging(shelf));
      shelf.staged.delete(chainId);
    }
    await shelf.metadata.addImage(toStored(shelf, image, manifest, facts, chain));
    await name(shelf, image, id);
    return id;
  });
}

/** Adds to each layer what depends on those below it, and marks it as complete. */
async function completeLayers(
  shelf: Shelf,
  chain: readonly string[],
  manifest: ManifestFacts,
): Promise<void> {
  const below: string[] = [];
  for (const [index, chainId] of chain.entries()) {
    const { digest, size } = manifest.layers[index]!;
    if (shelf.blobs.size(digest) !== size) throw lost(`the layer ${digest}`);
    const staged = shelf.staged.get(chainId);
    if (shelf.layers.info(chainId) === undefined) {
      if (staged === undefined) throw lost(`the unpacked layer ${chainId}`);
      // Look up the lower trees now: another ingest may have recorded them while this one waited.
      const lower = below.map((one) => treeOf(shelf, one));
      staged.settled ??= settleLayer(`${staged.directory}/diff`, lower, staged.marks).then(() =>
        shelf.layers.prepare(staged.directory, staged.info),
      );
      await staged.settled;
    }
    below.unshift(chainId);
  }
}

/** The files of a layer that is recorded or staged. */
function treeOf(shelf: Shelf, chainId: string): string {
  const staged = shelf.staged.get(chainId);
  const recorded = staged === undefined || shelf.layers.info(chainId) !== undefined;
  return recorded ? shelf.layers.diff(chainId) : `${staged.directory}/diff`;
}

function toStored(
  shelf: Shelf,
  image: ImageToCommit & { readonly parent?: string },
  manifest: ManifestFacts,
  facts: ImageConfigFacts,
  chain: readonly string[],
): StoredImage {
  const id = manifest.config.digest;
  const { diffIds, ...rest } = facts;
  const before = shelf.metadata.image(id);
  const index = image.index ?? before?.index;
  const parent = image.parent ?? before?.record.parent;
  return {
    version: 1,
    record: {
      id,
      ...rest,
      ...(parent === undefined ? {} : { parent }),
      size: chain.reduce((sum, chainId) => sum + (shelf.layers.info(chainId)?.size ?? 0), 0),
      chain,
      diffIds,
      host: false,
    },
    manifest: image.manifest,
    ...(index === undefined ? {} : { index }),
    layers: manifest.layers,
  };
}

async function name(shelf: Shelf, image: ImageToCommit, id: string): Promise<void> {
  const { tag, repoDigest, index, manifest } = image;
  const time = new Date(shelf.now()).toISOString();
  let { references } = shelf.metadata;
  const platformOf = (one: string): string => {
    const record = shelf.metadata.image(one)?.record;
    return record === undefined ? '' : formatPlatform(normalisePlatform(record));
  };
  const own = platformOf(id);
  if (tag !== undefined) {
    const target = index?.digest ?? (repoDigest === undefined ? undefined : manifest.digest);
    references = withTag(references, tag, {
      image: id,
      ...(target === undefined ? {} : { target }),
      time,
      samePlatform: (other) => ['', own].includes(platformOf(other)),
    });
  }
  if (repoDigest !== undefined) {
    const { repository, digest, pinned } = repoDigest;
    references = withDigest(references, `${repository}@${digest}`, {
      image: id,
      pinned,
      ...(repoDigest.tag === undefined ? {} : { tag: repoDigest.tag }),
      time,
    });
  }
  if (references === shelf.metadata.references) return;
  if (!sameButTimes(shelf.metadata.references, references)) return shelf.metadata.setReferences(references);
  shelf.metadata.setTimes(references);
  shelf.keepSoon();
}
