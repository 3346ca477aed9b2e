import { parseBoundedJson } from '../../bounded-json.ts';
import { TcomposeError } from '../../errors.ts';
import { archiveError } from '../../tar/archive-error.ts';
import type { Descriptor, Platform } from '../ingest-types.ts';
import { field, fieldsOf } from '../json-part.ts';
import { choosePlatform, formatPlatform } from '../platform.ts';
import { familiarName, familiarReference, parseReference, withDefaultTag } from '../reference.ts';
import {
  entriesOf,
  isThere,
  kindOfEntry,
  type LayoutManifest,
  pathOfBlob,
  readLayoutManifest,
  smallBlob,
} from './layout-manifest.ts';
import type { ArchivedImage, DigestName } from './load-types.ts';
import type { ArchiveMembers } from './members.ts';

/** How deeply nested indexes are followed. */
const deepest = 8;
const attestation = 'vnd.docker.reference.type';
/** Types of configurations of images; one without a type is taken for one, too. */
const configTypes = [
  '',
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

export interface WantedPlatform {
  readonly platform: Platform;
  /** Somebody named it: nothing else will do. */
  readonly asked: boolean;
}

export interface LayoutImages {
  readonly images: readonly ArchivedImage[];
  /** Why the first entry that was passed over is no image for this machine. */
  readonly passed?: TcomposeError;
}

/**
 * Images of an OCI layout (OCI image-spec, "Image Layout"). Undefined when there is no `index.json`. What is no image
 * (artifacts, attestations, empty indexes) is passed over, and with `lenient` what is not in the archive, too.
 */
export async function layoutImages(
  members: ArchiveMembers,
  wanted: WantedPlatform,
  lenient: boolean,
): Promise<LayoutImages | undefined> {
  const index = await members.json('index.json');
  if (index === undefined) return undefined;
  const images = new Map<string, ArchivedImage>();
  let passed: TcomposeError | undefined;
  for (const entry of entriesOf(index)) {
    if (isNoImage(entry) || (lenient && !isThere(members, entry))) continue;
    const image = await resolve(members, entry, wanted);
    if (image instanceof TcomposeError) {
      passed ??= image;
      continue;
    }
    const key = image.manifest.descriptor.digest;
    const known = images.get(key);
    const { tags, digestNames } = namesOf(entry);
    images.set(key, {
      ...known,
      ...image,
      tags: [...new Set([...(known?.tags ?? []), ...tags])],
      digestNames: [...(known?.digestNames ?? []), ...digestNames],
    });
  }
  return { images: [...images.values()], ...(passed === undefined ? {} : { passed }) };
}

const isNoImage = ({ artifactType, annotations, platform }: Descriptor): boolean =>
  artifactType !== undefined || annotations?.[attestation] !== undefined || platform?.os === 'unknown';

/**
 * The names that an entry carries: containerd's full name, or OCI's where it is an image name, too. A name with a digest
 * counts if the digest is that of the entry.
 */
function namesOf({ annotations, digest }: Descriptor): { tags: string[]; digestNames: DigestName[] } {
  const full = annotations?.['io.containerd.image.name'];
  const short = annotations?.['org.opencontainers.image.ref.name'];
  const name = full || (short !== undefined && /[:/]/.test(short) ? short : undefined);
  const none = { tags: [], digestNames: [] };
  if (name === undefined) return none;
  try {
    const reference = parseReference(name);
    if (reference.digest === undefined)
      return { ...none, tags: [familiarReference(withDefaultTag(reference))] };
    if (reference.digest !== digest) return none;
    const { tag } = reference;
    const repository = familiarName(reference);
    return { ...none, digestNames: [{ repository, digest, ...(tag === undefined ? {} : { tag }) }] };
  } catch (error) {
    // Anything may stand in an annotation.
    if (error instanceof TcomposeError) return none;
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
type Manifest = Extract<LayoutManifest, { kind: 'image' }>;

/** The image that an entry of `index.json` stands for on this machine, or why it stands for none. */
async function resolve(
  members: ArchiveMembers,
  entry: Descriptor,
  wanted: WantedPlatform,
): Promise<Resolved | TcomposeError> {
  const top = await readLayoutManifest(members, entry);
  if (top.kind === 'image') return imageOf(members, top);
  const there = await leavesOf(members, top.entries, 0, new Set());
  const best = choosePlatform(there, wanted.platform) ?? (wanted.asked ? undefined : there[0]);
  if (best === undefined)
    return noneFor(
      wanted.platform,
      there.map(({ platform }) => platform),
    );
  const { descriptor } = best;
  const chosen = await readLayoutManifest(members, descriptor);
  if (chosen.kind === 'index') throw archiveError(`${descriptor.digest} in it is an index, not an image`);
  const image = await imageOf(members, chosen);
  return image instanceof TcomposeError
    ? image
    : { ...image, index: { descriptor: entry, bytes: top.bytes } };
}

/** A manifest that an index leads to, and which platform it is for. */
interface Leaf {
  readonly descriptor: Descriptor;
  readonly platform?: Platform;
}

/**
 * The images in an index and the indexes below it, in order, as far as the archive has them, each index once. The platform of an entry
 * that doesn't say it is that of its configuration.
 */
async function leavesOf(
  members: ArchiveMembers,
  entries: readonly Descriptor[],
  depth: number,
  seen: Set<string>,
): Promise<Leaf[]> {
  if (depth > deepest) throw archiveError('it has indexes within indexes, too many of them');
  const found: Leaf[] = [];
  for (const descriptor of entries) {
    const kind = kindOfEntry(descriptor);
    if (isNoImage(descriptor) || kind === 'unknown' || !isThere(members, descriptor)) continue;
    const { platform } = descriptor;
    if (kind === 'image' && platform !== undefined) {
      found.push({ descriptor, platform });
      continue;
    }
    const key = `${descriptor.digest} ${platform === undefined ? '' : formatPlatform(platform)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const read = await readLayoutManifest(members, descriptor);
    if (read.kind === 'image') {
      const config = await configOf(members, read);
      if (config instanceof TcomposeError) continue;
      const own = platform ?? platformIn(config);
      found.push({ descriptor, ...(own === undefined ? {} : { platform: own }) });
    } else found.push(...(await leavesOf(members, read.entries, depth + 1, seen)));
  }
  return found;
}

/** The platform that a configuration names; undefined when it names none, or is not one. */
function platformIn(config: Buffer | undefined): Platform | undefined {
  const fields = config === undefined ? undefined : fieldsIn(config);
  if (fields === undefined) return undefined;
  const [os, architecture, variant] = ['os', 'architecture', 'variant'].map((name) => field(fields, name));
  if (typeof os !== 'string' || os === '' || typeof architecture !== 'string' || architecture === '')
    return undefined;
  return { os, architecture, ...(typeof variant === 'string' ? { variant } : {}) };
}

function fieldsIn(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    return fieldsOf(parseBoundedJson(bytes));
  } catch {
    return undefined;
  }
}

/** The configuration of an image, undefined if it isn't in the archive; an error if the manifest is that of an artifact. */
async function configOf(
  members: ArchiveMembers,
  { facts, artifactType, descriptor }: Manifest,
): Promise<Buffer | TcomposeError | undefined> {
  const { config } = facts;
  const bytes = isThere(members, config) ? await smallBlob(members, config) : undefined;
  const known = configTypes.includes(config.mediaType);
  const rootfs = bytes === undefined ? undefined : fieldsIn(bytes);
  if (known || (rootfs !== undefined && field(rootfs, 'rootfs') !== undefined)) return bytes;
  const type = artifactType ?? config.mediaType;
  return new TcomposeError(
    'IMAGE_ARCHIVE',
    `${descriptor.digest} in the archive is no container image but ${type}`,
    {
      hint: 'Nothing was stored; the tool that made it can read it.',
    },
  );
}

async function imageOf(members: ArchiveMembers, manifest: Manifest): Promise<Resolved | TcomposeError> {
  const { facts, descriptor, bytes } = manifest;
  const config = await configOf(members, manifest);
  if (config instanceof TcomposeError) return config;
  return {
    config: config ?? (await smallBlob(members, facts.config)),
    layers: facts.layers.map((layer) => ({ file: pathOfBlob(members, layer.digest), descriptor: layer })),
    manifest: { descriptor, bytes },
    tags: [],
  };
}
