import { parseBoundedJson } from '../../bounded-json.ts';
import { archiveError } from '../../tar/archive-error.ts';
import type { Descriptor } from '../ingest-types.ts';
import { checkedDescriptor, type ManifestFacts, mediaTypes, parseManifest } from '../manifest.ts';
import { verify } from '../store/blob-writers.ts';
import type { ArchiveMembers } from './members.ts';

type Kind = 'index' | 'image';

const kinds: ReadonlyMap<string, Kind> = new Map([
  [mediaTypes.index, 'index'],
  [mediaTypes.manifest, 'image'],
  ['application/vnd.docker.distribution.manifest.list.v2+json', 'index'],
  ['application/vnd.docker.distribution.manifest.v2+json', 'image'],
]);

/** A manifest or an index of an OCI layout, with its bytes. */
export type LayoutManifest = { readonly descriptor: Descriptor; readonly bytes: Buffer } & (
  | { readonly kind: 'index'; readonly entries: readonly Descriptor[] }
  | { readonly kind: 'image'; readonly facts: ManifestFacts; readonly artifactType?: string }
);

const memberOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** Where the content of a blob is stored; undefined when the archive has none. */
export const pathOfBlob = (members: ArchiveMembers, digest: string): string | undefined =>
  members.path(memberOf(digest));

/** What an entry of an index is by its media type: undefined for one without a type, which its content tells. */
export function kindOfEntry({ mediaType }: Descriptor): Kind | 'unknown' | undefined {
  return mediaType === '' ? undefined : (kinds.get(mediaType) ?? 'unknown');
}

/** Whether the archive, or the descriptor itself, has the content. */
export const isThere = (members: ArchiveMembers, { digest, data }: Descriptor): boolean =>
  data !== undefined || pathOfBlob(members, digest) !== undefined;

/** The verified content of a small blob. @throws TcomposeError IMAGE_ARCHIVE when it is missing, IMAGE_BLOB when it is damaged */
export async function smallBlob(members: ArchiveMembers, descriptor: Descriptor): Promise<Buffer> {
  const { data, digest } = descriptor;
  if (data === undefined) members.need(memberOf(digest));
  const bytes = data === undefined ? (await members.bytes(memberOf(digest)))! : Buffer.from(data, 'base64');
  verify(descriptor, bytes);
  return bytes;
}

/** The entries of an index, which may be `index.json` itself; none when it lists none. */
export function entriesOf(value: unknown): Descriptor[] {
  const { manifests } = (value ?? {}) as { readonly manifests?: unknown };
  return Array.isArray(manifests) ? manifests.map(checkedDescriptor) : [];
}

/**
 * Reads what a descriptor refers to. Whoever says what it is (the descriptor, the content itself, its form) must agree:
 * else one reader would see another image than the next.
 * @throws TcomposeError IMAGE_ARCHIVE, IMAGE_BLOB, IMAGE_CONFIG
 */
export async function readLayoutManifest(
  members: ArchiveMembers,
  descriptor: Descriptor,
): Promise<LayoutManifest> {
  const bytes = await smallBlob(members, descriptor);
  const value = parsed(bytes);
  const { mediaType, artifactType } = value;
  const kind = agreed(descriptor, value, typeof mediaType === 'string' ? mediaType : '');
  if (kind === 'index') return { kind, descriptor, bytes, entries: entriesOf(value) };
  return {
    kind,
    descriptor,
    bytes,
    facts: parseManifest(bytes),
    ...(typeof artifactType === 'string' && artifactType !== '' ? { artifactType } : {}),
  };
}

function agreed(descriptor: Descriptor, value: Readonly<Record<string, unknown>>, ownType: string): Kind {
  const lists = value.manifests !== undefined;
  const isMade = value.layers !== undefined || value.config !== undefined;
  if (lists && isMade) throw archiveError(`${descriptor.digest} in it is an index and an image at once`);
  const said = [descriptor.mediaType, ownType].flatMap((type) => kinds.get(type) ?? []);
  const kind = lists ? 'index' : isMade ? 'image' : (said[0] ?? 'image');
  if (said.some((one) => one !== kind))
    throw archiveError(
      `${descriptor.digest} in it is said to be an ${said.find((one) => one !== kind)}, and is an ${kind}`,
    );
  return kind;
}

function parsed(bytes: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseBoundedJson(bytes);
  } catch (error) {
    throw archiveError(`a manifest in it is not JSON (${(error as Error).message})`);
  }
  if (typeof value !== 'object' || value === null) throw archiveError('a manifest in it is not an object');
  return value as Readonly<Record<string, unknown>>;
}
