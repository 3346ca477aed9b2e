import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { TcomposeError } from '../../errors.ts';
import { parseImageConfig } from '../config-facts.ts';
import { sha256 } from '../digest.ts';
import type { Descriptor } from '../ingest-types.ts';
import { mediaTypes } from '../manifest.ts';
import { parsePlatform, platformRank } from '../platform.ts';
import type { StoreIngest } from '../store/ingest.ts';
import { makeLayer } from '../store/make-image.ts';
import { taggable } from '../store/operations/taggable.ts';
import { newStaging, type Shelf } from '../store/shelf.ts';
import { decompress } from '../unpack/decompress.ts';
import { explain } from '../unpack/explain.ts';
import { dockerImages, oldDockerImages } from './docker-archive.ts';
import { joinLists } from './join-lists.ts';
import type { ArchivedImage, LoadOptions } from './load-types.ts';
import { ArchiveMembers, noImage } from './members.ts';
import { layoutImages, noneFor } from './oci-layout.ts';

/**
 * Takes the images of an archive into the store. The archive is in docker's format, an OCI layout, or both at once;
 * then the layout's images are taken, with the names of both.
 */
export async function loadArchive(
  shelf: Shelf,
  stream: AsyncIterable<Uint8Array>,
  options: LoadOptions,
  newIngest: () => StoreIngest,
): Promise<void> {
  const directory = newStaging(shelf);
  const ingest = newIngest();
  try {
    const members = await ArchiveMembers.read(stream, directory, shelf.beforeWrite);
    const files = new Map<string, Promise<Descriptor>>();
    const images = await imagesOf(shelf, members, options);
    for (const image of forPlatform(shelf, images, options))
      await loadImage(shelf, image, options, ingest, files);
  } catch (error) {
    throw explain(error, shelf.root, 0);
  } finally {
    await ingest.release();
    await rm(directory, { recursive: true, force: true });
  }
}

async function imagesOf(
  shelf: Shelf,
  members: ArchiveMembers,
  { platform }: LoadOptions,
): Promise<readonly ArchivedImage[]> {
  const own = { os: 'linux', architecture: shelf.architecture };
  const wanted = {
    platform: platform === undefined ? own : parsePlatform(platform, own),
    asked: platform !== undefined,
  };
  const docker = await dockerImages(members);
  // Docker writes both, and an empty index of its own means nothing.
  const layout = await layoutImages(members, wanted, docker !== undefined);
  if (layout !== undefined && layout.images.length > 0) return joinLists(layout.images, docker ?? []);
  if (docker !== undefined) return docker;
  if (layout !== undefined) throw layout.passed ?? noImage(members.names());
  return (await oldDockerImages(members, diffIdOf)) ?? fail(noImage(members.names()));
}

/**
 * The images for the platform that was asked for; all images when none was. @throws TcomposeError IMAGE_PLATFORM when
 * there are none
 */
function forPlatform(
  { architecture }: Shelf,
  images: readonly ArchivedImage[],
  { platform }: LoadOptions,
): readonly ArchivedImage[] {
  if (platform === undefined || images.length === 0) return images;
  const asked = parsePlatform(platform, { os: 'linux', architecture });
  const facts = images.map(({ config }) => parseImageConfig(config, architecture));
  const fitting = images.filter((_, index) => platformRank(asked, facts[index]!) !== undefined);
  if (fitting.length > 0) return fitting;
  throw noneFor(asked, facts);
}

const fail = (error: TcomposeError): never => {
  throw error;
};

async function diffIdOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of (await decompress(createReadStream(file))).chunks) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

async function loadImage(
  shelf: Shelf,
  image: ArchivedImage,
  { tell }: LoadOptions,
  ingest: StoreIngest,
  files: Map<string, Promise<Descriptor>>,
): Promise<void> {
  for (const name of image.tags) taggable(name);
  const { diffIds } = parseImageConfig(image.config, shelf.architecture);
  if (diffIds.length !== image.layers.length)
    throw new TcomposeError(
      'IMAGE_CONFIG',
      `invalid manifest, layers length mismatch: expected ${image.layers.length}, got ${diffIds.length}`,
    );
  const config = described(mediaTypes.config, image.config);
  await ingest.put(config, image.config);
  const descriptors: Descriptor[] = [];
  for (const [index, layer] of image.layers.entries())
    descriptors.push(
      await loadLayer(shelf, { ...layer, diffIds: diffIds.slice(0, index + 1) }, tell, ingest, files),
    );
  const manifest = image.manifest ?? made(config, descriptors);
  await ingest.put(manifest.descriptor, manifest.bytes);
  if (image.index !== undefined) await ingest.put(image.index.descriptor, image.index.bytes);
  const commit = {
    manifest: manifest.descriptor,
    ...(image.index === undefined ? {} : { index: image.index.descriptor }),
  };
  const { old = false, digestNames = [] } = image;
  for (const repoDigest of digestNames) {
    const { id } = await ingest.commit({ ...commit, repoDigest: { ...repoDigest, pinned: true } });
    await tell({ kind: 'loaded', id, name: `${repoDigest.repository}@${repoDigest.digest}`, old });
  }
  if (image.tags.length === 0 && digestNames.length === 0) {
    const { id } = await ingest.commit(commit);
    await tell({ kind: 'loaded', id, old });
  }
  for (const name of image.tags) {
    const before = shelf.metadata.references.tags.get(name)?.images[0];
    const { id } = await ingest.commit({ ...commit, tag: name });
    if (before !== undefined && before !== id) await tell({ kind: 'renamed', name, oldId: before });
    await tell({ kind: 'loaded', id, name, old });
  }
}

interface WantedLayer {
  readonly file: string | undefined;
  readonly descriptor?: Descriptor;
  readonly diffIds: readonly string[];
}

async function loadLayer(
  shelf: Shelf,
  { file, descriptor, diffIds }: WantedLayer,
  tell: LoadOptions['tell'],
  ingest: StoreIngest,
  files: Map<string, Promise<Descriptor>>,
): Promise<Descriptor> {
  const taken = file === undefined ? undefined : await files.get(file);
  const there = descriptor ?? taken;
  if (there !== undefined && shelf.blobs.size(there.digest) === there.size) {
    for (let one = await ingest.layer({ descriptor: there, diffIds }); one.kind !== 'present'; ) {
      if (one.kind === 'write') await one.writer.abort();
      else await one.settled;
      one = await ingest.layer({ descriptor: there, diffIds });
    }
    return there;
  }
  if (file === undefined)
    throw new TcomposeError('IMAGE_ARCHIVE', `the layer ${descriptor?.digest} is not in the archive`, {
      hint: 'The archive has only a part of the image.',
    });
  const { size: total } = await stat(file);
  const diffId = diffIds.at(-1)!;
  const source = {
    kind: 'file',
    path: file,
    ...(descriptor === undefined ? {} : { expected: descriptor }),
  } as const;
  const loaded = makeLayer(shelf, source, diffIds.slice(0, -1), ingest, {
    diffId,
    progress: (current) => void tell({ kind: 'layer', diffId, current, total }),
  }).then(({ descriptor: found }) => descriptor ?? found);
  files.set(file, loaded);
  return loaded;
}

const described = (mediaType: string, data: Buffer): Descriptor => ({
  mediaType,
  digest: sha256(data),
  size: data.length,
});

function made(config: Descriptor, layers: readonly Descriptor[]) {
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers }),
  );
  return { descriptor: described(mediaTypes.manifest, bytes), bytes };
}
