import { TcomposeError } from '../../errors.ts';
import { encodeEntry, endOfArchive, paddingOf } from '../../tar/encode-entry.ts';
import type { Descriptor, ImageContent, Ingest, StoredLayer, StoredManifest } from '../ingest-types.ts';
import type { ImageRecord } from '../record-types.ts';
import { familiarName, formatReference, parseReference } from '../reference.ts';

/** An image to save, with its names in the archive. */
export interface ToSave {
  readonly image: ImageRecord;
  /** Familiar. */
  readonly tags: readonly string[];
  /** In full: `docker.io/library/app@sha256:…`, perhaps with a tag. */
  readonly digestNames?: readonly string[];
}

interface Described extends ToSave {
  readonly manifest: StoredManifest;
  readonly layers: readonly StoredLayer[];
}

/** The index that an image was chosen from, if it lists the image itself: an index nested in another one can't be used. */
function indexOfImage({ index, manifest }: StoredManifest): StoredManifest['index'] {
  if (index === undefined) return undefined;
  const { manifests } = JSON.parse(index.bytes.toString()) as { manifests?: { digest?: unknown }[] };
  return manifests?.some(({ digest }) => digest === manifest.descriptor.digest) ? index : undefined;
}

const memberOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/**
 * Writes images as Docker 28 writes them: an OCI layout with the blobs as they came, which includes an image's index
 * but not the other platforms that it lists; and `manifest.json` and `repositories` for older readers. All times are 0.
 * `ingest` is released at the end.
 * @throws TcomposeError IMAGE_STORE when a blob is lost
 */
export async function saveArchive(
  content: ImageContent,
  images: readonly ToSave[],
  ingest: Ingest,
): Promise<AsyncGenerator<Uint8Array>> {
  try {
    for (const { image } of images) ingest.hold(image);
    const described = await Promise.all(
      images.map(
        async (one): Promise<Described> => ({
          ...one,
          manifest: await content.manifestOf(one.image),
          layers: await content.layersOf(one.image),
        }),
      ),
    );
    return releasing(archive(content, described), ingest);
  } catch (error) {
    await ingest.release();
    throw error;
  }
}

async function* releasing(bytes: AsyncGenerator<Uint8Array>, ingest: Ingest): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } finally {
    await ingest.release();
  }
}

async function* archive(content: ImageContent, images: readonly Described[]): AsyncGenerator<Uint8Array> {
  const digests = new Set(
    images.flatMap(({ image, manifest, layers }) => [
      (indexOfImage(manifest) ?? manifest.manifest).descriptor.digest,
      manifest.manifest.descriptor.digest,
      image.id,
      ...layers.map(({ descriptor }) => descriptor.digest),
    ]),
  );
  const algorithms = [...new Set([...digests].map((digest) => digest.split(':', 1)[0]!))].sort();
  for (const name of ['blobs', ...algorithms.map((algorithm) => `blobs/${algorithm}`)])
    yield encodeEntry({ type: 'directory', name, mode: 0o755 });
  for (const digest of [...digests].sort()) yield* blob(content, digest);
  yield* text('index.json', indexOf(images));
  yield* text('manifest.json', images.map(dockerEntry));
  yield* text('oci-layout', { imageLayoutVersion: '1.0.0' });
  const repositories = repositoriesOf(images);
  if (Object.keys(repositories).length > 0) yield* text('repositories', repositories);
  yield endOfArchive;
}

async function* blob(content: ImageContent, digest: string): AsyncGenerator<Uint8Array> {
  const opened = await content.openBlob(digest);
  if (opened === undefined)
    throw new TcomposeError('IMAGE_STORE', `the blob ${digest} is lost`, {
      hint: 'Fetch or load the image again.',
    });
  try {
    yield encodeEntry({ type: 'file', name: memberOf(digest), mode: 0o644, size: opened.size });
    yield* opened.stream();
    yield paddingOf(opened.size);
  } finally {
    await opened.close();
  }
}

function* text(name: string, value: object): Generator<Buffer> {
  const data = Buffer.from(JSON.stringify(value));
  yield encodeEntry({ type: 'file', name, mode: 0o644, size: data.length });
  yield Buffer.concat([data, paddingOf(data.length)]);
}

function indexOf(images: readonly Described[]): object {
  const manifests = images.flatMap(entriesOf);
  // Images for several platforms of one index give the same entry.
  const distinct = [...new Map(manifests.map((one) => [JSON.stringify(one), one])).values()];
  return { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: distinct };
}

/** An image's entries: one for each name, or one without. A name with a digest is on what has that digest. */
function entriesOf({ image, manifest, tags, digestNames = [] }: Described): Descriptor[] {
  const index = indexOfImage(manifest);
  const { os, architecture, variant } = image;
  const platform = { architecture, os, ...(variant === undefined ? {} : { variant }) };
  const plain = ({ mediaType, digest, size }: Descriptor): Descriptor => ({
    mediaType,
    digest,
    size,
    ...(digest === index?.descriptor.digest ? {} : { platform }),
  });
  const top = (index ?? manifest.manifest).descriptor;
  const tagged = tags.map((name) => {
    const reference = parseReference(name);
    const annotations = {
      'io.containerd.image.name': formatReference(reference),
      'org.opencontainers.image.ref.name': reference.tag ?? '',
    };
    return { ...plain(top), annotations };
  });
  const pinned = digestNames.flatMap((name) => {
    const { digest } = parseReference(name);
    const there = [top, manifest.manifest.descriptor].find((one) => one.digest === digest);
    return there === undefined
      ? []
      : [{ ...plain(there), annotations: { 'io.containerd.image.name': name } }];
  });
  const named = [...tagged, ...pinned];
  return named.length === 0 ? [plain(top)] : named;
}

function dockerEntry({ image, layers, tags }: Described): object {
  return {
    Config: memberOf(image.id),
    RepoTags: tags.length === 0 ? null : tags,
    Layers: layers.map(({ descriptor }) => memberOf(descriptor.digest)),
    LayerSources: Object.fromEntries(
      layers.map(({ diffId, descriptor: { mediaType, size, digest } }) => [
        diffId,
        { mediaType, size, digest },
      ]),
    ),
  };
}

function repositoriesOf(images: readonly Described[]): Record<string, Record<string, string>> {
  const found: Record<string, Record<string, string>> = {};
  for (const { layers, tags } of images)
    for (const name of tags) {
      const reference = parseReference(name);
      const repository = familiarName(reference);
      found[repository] = {
        ...found[repository],
        [reference.tag ?? 'latest']: layers.at(-1)?.descriptor.digest.split(':')[1] ?? '',
      };
    }
  return found;
}
