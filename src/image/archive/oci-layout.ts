import { parseBoundedJson } from '../../bounded-json.ts';
import { TcomposeError } from '../../errors.ts';
import { archiveError } from '../../tar/archive-error.ts';
import type { Descriptor, Platform } from '../ingest-types.ts';
import { checkedDescriptor, parseManifest } from '../manifest.ts';
import { choosePlatform, formatPlatform } from '../platform.ts';
import { familiarReference, parseReference, withDefaultTag } from '../reference.ts';
import { verify } from '../store/blob-writers.ts';
import type { ArchivedImage } from './load-types.ts';
import type { ArchiveMembers } from './members.ts';

/** How deeply nested indexes are followed. */
const deepest = 3;
const attestation = 'vnd.docker.reference.type';

interface Entries {
  readonly manifests?: unknown;
}

const entriesOf = (value: unknown): Descriptor[] => {
  const { manifests } = (value ?? {}) as Entries;
  return Array.isArray(manifests) ? manifests.map(checkedDescriptor) : [];
};

const memberOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** Images of an OCI layout (OCI image-spec, "Image Layout"). Undefined when there is no `index.json`. */
export async function layoutImages(
  members: ArchiveMembers,
  wanted: { readonly platform: Platform; readonly asked: boolean },
): Promise<ArchivedImage[] | undefined> {
  const index = await members.json('index.json');
  if (index === undefined) return undefined;
  const images = new Map<string, ArchivedImage>();
  for (const entry of entriesOf(index)) {
    if (isNoImage(entry)) continue;
    const image = await resolve(members, entry, wanted, 0);
    if (image === undefined) continue;
    const known = images.get(image.manifest.descriptor.digest);
    images.set(image.manifest.descriptor.digest, {
      ...image,
      tags: [...new Set([...(known?.tags ?? []), ...tagsOf(entry)])],
    });
  }
  return [...images.values()];
}

const isNoImage = ({ artifactType, annotations, platform }: Descriptor): boolean =>
  artifactType !== undefined || annotations?.[attestation] !== undefined || platform?.os === 'unknown';

/** The names that the entries carry: containerd's full name, or OCI's where it is an image name, too. */
function tagsOf({ annotations }: Descriptor): string[] {
  const full = annotations?.['io.containerd.image.name'];
  const short = annotations?.['org.opencontainers.image.ref.name'];
  const name = full ?? (short !== undefined && /[:/]/.test(short) ? short : undefined);
  if (name === undefined) return [];
  try {
    const reference = withDefaultTag(parseReference(name));
    return reference.digest === undefined ? [familiarReference(reference)] : [];
  } catch (error) {
    // Anything may stand in an annotation.
    if (error instanceof TcomposeError) return [];
    throw error;
  }
}

/** The error that an archive has no image for `wanted`, but has some for other platforms. */
export function noneFor(wanted: Platform, there: readonly (Platform | undefined)[]): TcomposeError {
  const names = there.map((one) => (one === undefined ? '?' : formatPlatform(one)));
  return new TcomposeError('IMAGE_PLATFORM', `the archive has no image for ${formatPlatform(wanted)}`, {
    hint: `It has: ${names.join(', ') || 'none'}.`,
  });
}

type Resolved = ArchivedImage & Required<Pick<ArchivedImage, 'manifest'>>;

async function resolve(
  members: ArchiveMembers,
  descriptor: Descriptor,
  wanted: { readonly platform: Platform; readonly asked: boolean },
  depth: number,
): Promise<Resolved | undefined> {
  const bytes = await blob(members, descriptor);
  const value = parsed(bytes) as Entries & { readonly layers?: unknown };
  if (!Array.isArray(value.manifests)) return imageOf(members, descriptor, bytes);
  if (depth >= deepest) throw archiveError('it has indexes within indexes, too many of them');
  const there = entriesOf(value).filter(
    (entry) => !isNoImage(entry) && members.path(memberOf(entry.digest)) !== undefined,
  );
  const best = choosePlatform(there, wanted.platform) ?? (wanted.asked ? undefined : there[0]);
  if (best === undefined)
    throw noneFor(
      wanted.platform,
      there.map(({ platform }) => platform),
    );
  const image = await resolve(members, best, wanted, depth + 1);
  return image === undefined ? undefined : { ...image, index: { descriptor, bytes } };
}

async function imageOf(members: ArchiveMembers, descriptor: Descriptor, bytes: Buffer): Promise<Resolved> {
  const manifest = parseManifest(bytes);
  return {
    config: await blob(members, manifest.config),
    layers: manifest.layers.map((layer) => ({
      file: members.path(memberOf(layer.digest)),
      descriptor: layer,
    })),
    manifest: { descriptor, bytes },
    tags: [],
  };
}

async function blob(members: ArchiveMembers, descriptor: Descriptor): Promise<Buffer> {
  const { data } = descriptor;
  if (data === undefined) members.need(memberOf(descriptor.digest));
  const bytes =
    data === undefined ? (await members.bytes(memberOf(descriptor.digest)))! : Buffer.from(data, 'base64');
  verify(descriptor, bytes);
  return bytes;
}

function parsed(bytes: Buffer): unknown {
  try {
    return parseBoundedJson(bytes);
  } catch (error) {
    throw archiveError(`a manifest in it is not JSON (${(error as Error).message})`);
  }
}
