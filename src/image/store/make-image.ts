import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { encodeImageConfig } from '../config-facts.ts';
import { chainIds, sha256 } from '../digest.ts';
import type { Descriptor, ImageToMake, LayerSource, NewLayer } from '../ingest-types.ts';
import type { JobResult, PackSpec } from '../jobs/job-types.ts';
import { mediaTypes } from '../manifest.ts';
import type { Compression } from '../unpack/decompress.ts';
import { explain } from '../unpack/explain.ts';
import type { StoreIngest } from './ingest.ts';
import { recordImage } from './record-image.ts';
import { newStaging, type Shelf } from './shelf.ts';

const layerType = (compression: Compression | undefined): string =>
  compression === undefined ? mediaTypes.layer : `${mediaTypes.layer}+${compression}`;

/** A file that is a layer, from which the store makes its own. */
interface FileSource {
  readonly kind: 'file';
  readonly path: string;
  readonly expected?: Descriptor;
}

/** See ImageMaker.layer. `diffId`: the DiffID that the layer must have. */
export async function makeLayer(
  shelf: Shelf,
  source: LayerSource | FileSource,
  parent: readonly string[],
  ingest: StoreIngest,
  options: { readonly diffId?: string; readonly progress?: (bytes: number) => void } = {},
): Promise<NewLayer> {
  const file = source.kind === 'file' ? source.path : newStaging(shelf);
  // The layer's directory, if it was unpacked as it arrived.
  const staging = newStaging(shelf);
  try {
    const result =
      source.kind === 'upper'
        ? await packUpper(shelf, source, staging, file)
        : await takeTar(shelf, source, staging, file, options.progress);
    const { digest, size, diffId = digest, compression } = result;
    if (options.diffId !== undefined && options.diffId !== diffId)
      throw new TcomposeError(
        'IMAGE_ARCHIVE',
        `invalid diffID for layer ${parent.length}: expected "${options.diffId}", got "${diffId}"`,
        { hint: 'The image is damaged: its layer is not what its configuration names.' },
      );
    const descriptor: Descriptor = { mediaType: layerType(compression), digest, size };
    const diffIds = [...parent, diffId];
    const chainId = chainIds(diffIds).at(-1)!;
    ingest.digests.add(digest);
    ingest.chains.add(chainId);
    if (shelf.blobs.size(digest) !== size) await shelf.blobs.adopt(file, digest);
    ingest.dirty = true;
    shelf.contents.set(digest, diffId);
    if (result.tree !== undefined && shelf.layers.info(chainId) === undefined)
      ingest.stage(chainId, staging, { ...result, tree: result.tree, diffId });
    else await unpacked({ descriptor, diffIds }, ingest);
    const files = shelf.staged.get(chainId)?.info ?? shelf.layers.info(chainId);
    return { descriptor, diffId, chainId, size: files?.size ?? 0 };
  } catch (error) {
    throw explain(error, shelf.root, 0);
  } finally {
    await rm(file, { force: true });
    const staged = [...shelf.staged.values()].some(({ directory }) => directory === staging);
    if (!staged) await rm(staging, { recursive: true, force: true });
  }
}

function packUpper(
  shelf: Shelf,
  { directory, without = [], still = false, latest, index, earlier }: Extract<LayerSource, { kind: 'upper' }>,
  staging: string,
  file: string,
): Promise<JobResult> {
  const { ownership, userxattr } = shelf.unpack;
  // Where the store's trees need other owners or marks than the overlay wrote, the layer is unpacked instead.
  const linked = still && latest === undefined && ownership && !userxattr;
  if (linked) mkdirSync(staging, { mode: 0o700 });
  const spec: PackSpec = {
    kind: 'pack',
    directory,
    without,
    file,
    ...(linked ? { tree: join(staging, 'diff') } : {}),
    ...(latest === undefined ? {} : { latest }),
    ...(index === undefined ? {} : { index }),
    ...(earlier === undefined ? {} : { earlier: { ...earlier, blob: shelf.blobs.path(earlier.digest) } }),
  };
  return shelf.jobs.start(spec, { warn: shelf.warn }).end();
}

async function unpacked(
  request: { readonly descriptor: Descriptor; readonly diffIds: readonly string[] },
  ingest: StoreIngest,
): Promise<void> {
  for (
    let there = await ingest.layer(request);
    there.kind === 'elsewhere';
    there = await ingest.layer(request)
  )
    await there.settled;
}

async function takeTar(
  shelf: Shelf,
  source: Exclude<LayerSource, { kind: 'upper' }> | FileSource,
  staging: string,
  file: string,
  progress: (bytes: number) => void = () => {},
): Promise<JobResult> {
  const tree = join(staging, 'diff');
  mkdirSync(staging, { mode: 0o700 });
  mkdirSync(tree, { mode: 0o755 });
  const expected = source.kind === 'file' ? source.expected : undefined;
  const job = shelf.jobs.start(
    {
      kind: 'take',
      file,
      input: source.kind === 'tar',
      layer: { ...shelf.unpack, mayBeEmpty: source.kind === 'file', tree },
      ...(expected === undefined ? {} : { expected: { digest: expected.digest, size: expected.size } }),
    },
    { warn: shelf.warn, progress },
  );
  try {
    if (source.kind === 'tar') for await (const chunk of source.stream) await job.write(chunk);
    return await job.end();
  } catch (error) {
    await job.cancel();
    throw error;
  }
}

/** See ImageMaker.image. @returns the image's id */
export async function makeImage(shelf: Shelf, image: ImageToMake, ingest: StoreIngest): Promise<string> {
  const config = encodeImageConfig(
    { ...image.facts, diffIds: image.layers.map(({ diffId }) => diffId) },
    image.more,
  );
  const configDescriptor = describe(mediaTypes.config, config);
  await ingest.put(configDescriptor, config);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: configDescriptor,
      layers: image.layers.map(({ descriptor }) => descriptor),
    }),
  );
  const manifestDescriptor = describe(mediaTypes.manifest, manifest);
  await ingest.put(manifestDescriptor, manifest);
  try {
    const { tag, parent } = image;
    return await recordImage(shelf, ingest, {
      manifest: manifestDescriptor,
      ...(tag === undefined ? {} : { tag }),
      ...(parent === undefined ? {} : { parent }),
    });
  } catch (error) {
    throw explain(error, shelf.root, 0);
  }
}

const describe = (mediaType: string, data: Buffer): Descriptor => ({
  mediaType,
  digest: sha256(data),
  size: data.length,
});
