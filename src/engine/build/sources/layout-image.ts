import { createReadStream, fstatSync } from 'node:fs';
import type { ContextPlace } from '../../../build/source/context-place.ts';
import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { bytesOfPath } from '../../../confined/names.ts';
import { TcomposeError } from '../../../errors.ts';
import type { Descriptor } from '../../../image/ingest-types.ts';
import { checkedDescriptor } from '../../../image/manifest.ts';
import { formatPlatform } from '../../../image/platform.ts';
import type { ImageRecord } from '../../../image/types.ts';
import { encodeEntry, endOfArchive, paddingOf } from '../../../tar/encode-entry.ts';
import type { Engine } from '../../context.ts';
import { readConfined } from './read-confined.ts';

type LayoutPlace = Extract<ContextPlace, { kind: 'layout' }>;

const refName = 'org.opencontainers.image.ref.name';
/** How deeply nested indexes are followed. */
const deepest = 3;

/**
 * Brings an image of an OCI image layout on this machine into the store, without a name.
 * @throws TcomposeError BUILD_CONTEXT when there is none, IMAGE_* when it is damaged
 */
export async function loadLayoutImage(
  engine: Engine,
  place: LayoutPlace,
  platform: { readonly os: string; readonly architecture: string; readonly variant?: string },
): Promise<ImageRecord> {
  let directory: ConfinedDirectory;
  try {
    directory = ConfinedDirectory.at(place.path);
  } catch (cause) {
    throw new TcomposeError('BUILD_CONTEXT', `oci-layout: ${place.path} cannot be read`, { cause });
  }
  try {
    const entry = chosen(directory, place);
    const loaded: string[] = [];
    await engine.images.load(archive(directory, entry), {
      platform: formatPlatform(platform),
      tell: (event) => {
        if (event.kind === 'loaded') loaded.push(event.id);
      },
    });
    const record = engine.images.get(loaded[0] ?? '');
    if (record !== undefined) return record;
    throw new TcomposeError('BUILD_CONTEXT', `oci-layout: ${place.path} has no image`);
  } finally {
    directory.close();
  }
}

interface Index {
  readonly manifests?: readonly unknown[];
}

function manifestsOf(directory: ConfinedDirectory, name: string): readonly Descriptor[] {
  const text = readConfined(directory, name);
  if (text === undefined) throw new TcomposeError('BUILD_CONTEXT', `oci-layout: there is no ${name}`);
  try {
    const { manifests } = JSON.parse(text) as Index;
    return Array.isArray(manifests) ? manifests.map(checkedDescriptor) : [];
  } catch (cause) {
    if (cause instanceof TcomposeError) throw cause;
    throw new TcomposeError('BUILD_CONTEXT', `oci-layout: ${name} is not JSON`, { cause });
  }
}

/** The entry with this digest, with this tag (default `latest`), or the only one. */
function chosen(directory: ConfinedDirectory, { path, tag, digest }: LayoutPlace): Descriptor {
  const all = manifestsOf(directory, 'index.json');
  if (digest !== undefined) {
    // A digest that the index does not list may be in the layout nevertheless.
    const listed = all.find((one) => one.digest === digest);
    const blob = directory.find(bytesOfPath(blobOf(digest)));
    const size = blob?.stat.size ?? 0;
    blob?.close();
    if (listed !== undefined) return listed;
    if (size > 0) return { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size };
  } else {
    const named = all.find(({ annotations }) => annotations?.[refName] === (tag ?? 'latest'));
    if (named !== undefined) return named;
    if (tag === undefined && all.length === 1) return all[0]!;
  }
  const names = all.map((one) => one.annotations?.[refName] ?? one.digest);
  throw new TcomposeError(
    'BUILD_CONTEXT',
    `oci-layout: ${path} has no image ${digest ?? tag ?? 'latest'}`,
    names.length === 0 ? {} : { hint: `It has ${names.slice(0, 10).join(', ')}.` },
  );
}

const blobOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** The layout as an archive that contains only that image. */
async function* archive(directory: ConfinedDirectory, entry: Descriptor): AsyncGenerator<Buffer> {
  const { annotations: _, ...plain } = entry;
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [plain] }));
  const version = Buffer.from('{"imageLayoutVersion":"1.0.0"}');
  for (const [name, bytes] of [
    ['oci-layout', version],
    ['index.json', index],
  ] as const) {
    yield encodeEntry({ type: 'file', name, mode: 0o644, size: bytes.length });
    yield bytes;
    yield paddingOf(bytes.length);
  }
  for (const digest of reachable(directory, entry, 0)) yield* blob(directory, digest);
  yield endOfArchive;
}

/** Digests of the blobs of an image, or of the images of an index. */
function reachable(directory: ConfinedDirectory, { digest }: Descriptor, depth: number): Set<string> {
  const found = new Set([checked(digest)]);
  const text = readConfined(directory, blobOf(digest));
  if (text === undefined || depth > deepest) return found;
  const value = JSON.parse(text) as Index & { readonly config?: unknown; readonly layers?: unknown };
  const { config, layers, manifests } = value;
  for (const one of [...(config === undefined ? [] : [config]), ...(Array.isArray(layers) ? layers : [])])
    found.add(checkedDescriptor(one).digest);
  if (Array.isArray(manifests))
    for (const one of manifests.map(checkedDescriptor))
      for (const each of reachable(directory, one, depth + 1)) found.add(each);
  return found;
}

function checked(digest: string): string {
  if (/^sha(?:256|384|512):[0-9a-f]{64,128}$/.test(digest)) return digest;
  throw new TcomposeError('BUILD_CONTEXT', `oci-layout: ${JSON.stringify(digest)} is not a digest`);
}

/** A blob as a member of the archive; blobs missing in the layout are left out. */
async function* blob(directory: ConfinedDirectory, digest: string): AsyncGenerator<Buffer> {
  const entry = directory.find(bytesOfPath(blobOf(checked(digest))), true);
  if (entry === undefined) return;
  try {
    const fd = entry.open();
    const { size } = fstatSync(fd);
    yield encodeEntry({ type: 'file', name: blobOf(digest), mode: 0o644, size });
    let left = size;
    for await (const piece of createReadStream('', { fd, ...(size > 0 ? { end: size - 1 } : {}) })) {
      left -= (piece as Buffer).length;
      yield piece as Buffer;
    }
    // A file that was shortened meanwhile; its digest will not match.
    while (left > 0) {
      const zeros = Buffer.alloc(Math.min(left, 65_536));
      left -= zeros.length;
      yield zeros;
    }
    yield paddingOf(size);
  } finally {
    entry.close();
  }
}
