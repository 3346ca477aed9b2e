import { TcomposeError } from '../../../errors.ts';
import type { Descriptor, ImageContent, Platform } from '../../../image/index.ts';
import { fittingEntries, offeredPlatforms } from '../../../registry/content/choose-platform.ts';
import { digestOf } from '../../../registry/content/digest.ts';
import {
  type FetchedManifest,
  fetchManifest,
  fetchResolved,
  type ManifestPlace,
  resolveTag,
} from '../../../registry/content/fetch-manifest.ts';
import {
  type ImageIndex,
  type ImageManifest,
  maxManifestSize,
  parseManifest,
} from '../../../registry/content/manifest.ts';
import type { Registry } from '../../../registry/registry.ts';
import { readBlob } from './read-blob.ts';

/** A manifest or index, with its bytes. */
export interface ReadManifest<T = ImageManifest | ImageIndex> {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  readonly manifest: T;
}

/** An image for the wanted platform, and the indexes through which it was found, the outermost first. */
export interface ChosenImage {
  readonly image: ReadManifest<ImageManifest>;
  readonly indexes: readonly ReadManifest<ImageIndex>[];
}

export interface ManifestSource {
  readonly registry: Registry;
  readonly content: Pick<ImageContent, 'openBlob'>;
  readonly place: ManifestPlace;
}

/** How deeply nested indexes are followed; real images need no more. */
const mostDepth = 3;
/** Most indexes read for one image: an index may name others thousands of times. */
const mostIndexes = 32;

/**
 * The manifest or index of a tag or digest, from the store if its digest is known and the store has it: that costs one
 * HEAD at most. Not parsed yet.
 */
export async function fetchTop(
  source: ManifestSource,
  digest: string | undefined,
): Promise<Pick<FetchedManifest, 'bytes' | 'digest' | 'contentType'>> {
  const { registry, place } = source;
  const resolved = digest ?? (await registry.across((session) => resolveTag(session, place)));
  const kept = resolved === undefined ? undefined : await keptManifest(source, resolved);
  if (kept !== undefined) return kept;
  return await registry.across((session) =>
    digest === undefined ? fetchResolved(session, place, resolved) : fetchManifest(session, place),
  );
}

async function keptManifest({ content }: ManifestSource, digest: string) {
  const bytes = await readBlob(content, digest, maxManifestSize);
  if (bytes === undefined || digestOf(bytes, digest) !== digest) return undefined;
  return { bytes, digest, contentType: undefined };
}

export function readManifest(
  fetched: Pick<FetchedManifest, 'bytes' | 'digest' | 'contentType'>,
  what: string,
): ReadManifest {
  const { bytes, digest, contentType } = fetched;
  const manifest = parseManifest(bytes, contentType, what);
  return { descriptor: { mediaType: manifest.mediaType, digest, size: bytes.length }, bytes, manifest };
}

/**
 * The image for the wanted platform: `top` itself, or one that it lists. `shown` is the platform in messages; `isRun`:
 * whether this machine runs programs of an architecture.
 * @throws TcomposeError IMAGE_PLATFORM, which lists the available platforms
 */
export async function chooseImage(
  source: ManifestSource,
  top: ReadManifest,
  wanted: { readonly platform: Platform; readonly shown: string },
  isRun: (architecture: string) => boolean,
): Promise<ChosenImage> {
  const { manifest } = top;
  if (manifest.kind === 'image') return { image: { ...top, manifest }, indexes: [] };
  const chosen = await within(source, { ...top, manifest }, wanted.platform, {
    depth: 1,
    seen: new Set([top.descriptor.digest]),
  });
  if (chosen !== undefined) return chosen;
  const offered = offeredPlatforms(manifest);
  throw new TcomposeError(
    'IMAGE_PLATFORM',
    `no matching manifest for ${wanted.shown} in the manifest list entries of ${source.place.what}`,
    {
      hint:
        offered.length === 0
          ? 'It has no image for any platform.'
          : `It has ${offered.map((one) => withDoubt(one, isRun)).join(', ')}. Take one with --platform, or platform: in a compose file.`,
    },
  );
}

const withDoubt = (platform: string, isRun: (architecture: string) => boolean): string =>
  isRun(platform.split('/')[1] ?? '')
    ? platform
    : `${platform} (which needs an interpreter that this machine's kernel does not know)`;

async function within(
  source: ManifestSource,
  index: ReadManifest<ImageIndex>,
  wanted: Platform,
  { depth, seen }: { readonly depth: number; readonly seen: Set<string> },
): Promise<ChosenImage | undefined> {
  const { registry, place } = source;
  for (const entry of fittingEntries(index.manifest, wanted)) {
    if (entry.kind === 'index') {
      if (depth >= mostDepth || seen.has(entry.digest) || seen.size >= mostIndexes) continue;
      seen.add(entry.digest);
    }
    const fetched =
      (await keptManifest(source, entry.digest)) ??
      (await registry.across((session) => fetchManifest(session, { ...place, reference: entry.digest })));
    const inner = readManifest(
      { ...fetched, contentType: fetched.contentType ?? entry.mediaType },
      place.what,
    );
    if (inner.manifest.kind === 'image') {
      return { image: { ...inner, manifest: inner.manifest }, indexes: [index] };
    }
    const found = await within(source, { ...inner, manifest: inner.manifest }, wanted, {
      depth: depth + 1,
      seen,
    });
    if (found !== undefined) return { ...found, indexes: [index, ...found.indexes] };
  }
  return undefined;
}
