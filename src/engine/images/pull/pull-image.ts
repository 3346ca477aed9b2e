import { TcomposeError } from '../../../errors.ts';
import type { ImageContent, ImageRecord, Ingest, Platform } from '../../../image/index.ts';
import { formatPlatform, platformRank } from '../../../image/platform.ts';
import {
  familiarName,
  familiarReference,
  formatReference,
  type ImageReference,
} from '../../../image/reference.ts';
import type { ManifestPlace } from '../../../registry/content/fetch-manifest.ts';
import type { Notice } from '../../../registry/http/session.ts';
import type { Registries, RegistryRequest } from '../registries.ts';
import type { TellProgress } from '../transfer-progress.ts';
import {
  type ChosenImage,
  chooseImage,
  fetchTop,
  type ManifestSource,
  readManifest,
} from './choose-image.ts';
import { bringConfig, bringLayers } from './fetch-layers.ts';
import { readDiffIds } from './read-diff-ids.ts';

export interface PullRequest extends RegistryRequest {
  /** With a tag or a digest; with both, the digest counts and the tag is only recorded. */
  readonly reference: ImageReference;
  /** As requested; undefined for this machine's. */
  readonly platform: Platform | undefined;
}

export interface PullContext {
  readonly registries: Registries;
  readonly content: ImageContent;
  /** An image by its id, for any platform; undefined if it is not here. */
  readonly get: (id: string) => ImageRecord | undefined;
  readonly own: Platform;
  /** Whether this machine runs programs of an architecture. */
  readonly isRun: (architecture: string) => boolean;
}

/** Most bytes of a configuration. */
const maxConfigSize = 8 * 1024 * 1024;

/**
 * Brings the registry's present image for a reference into the store. What is there is not fetched: an unchanged image
 * costs one HEAD. A pull that is aborted leaves its data for the next.
 * @throws TcomposeError REGISTRY_*, IMAGE_*
 */
export async function pullImage(
  context: PullContext,
  request: PullRequest,
  tell: TellProgress,
): Promise<ImageRecord> {
  const { registries, content } = context;
  const { reference, signal } = request;
  const { domain, path, tag, digest } = reference;
  const registry = registries.open(domain, request, noticeTeller(tell));
  const place: ManifestPlace = {
    path,
    reference: digest ?? tag ?? 'latest',
    what: familiarReference(reference),
    scopes: [`repository:${path}:pull`],
    signal,
  };
  const source: ManifestSource = { registry, content, place };
  const ingest = content.ingest();
  try {
    const fetched = await fetchTop(source, digest);
    tell({
      kind: 'pulling',
      path,
      reference: digest === undefined ? place.reference : formatReference(withoutTag(reference)),
    });
    const top = readManifest(fetched, place.what);
    const chosen = await chooseImage(
      source,
      top,
      wantedPlatform(request.platform, context.own),
      context.isRun,
    );
    const name = familiarReference(withoutTag(reference));
    const before = context.get(chosen.image.manifest.config.digest);
    const platform = await bringContent(context, { ...source, ingest, tell, signal }, chosen);
    const record = await commit(ingest, chosen, top.descriptor.digest, reference);
    tell({
      kind: 'pulled',
      digest: top.descriptor.digest,
      reference: name,
      newer: before === undefined || ![...before.tags, ...before.repoDigests].includes(name),
    });
    if (request.platform !== undefined && chosen.indexes.length === 0) {
      warnOfPlatform(request.platform, platform, place, tell);
    }
    return record;
  } finally {
    await ingest.release();
  }
}

/** The platform to fetch; a machine's own is shown without its variant, which nobody asked for. */
function wantedPlatform(asked: Platform | undefined, own: Platform) {
  const { os, architecture } = own;
  const shown = formatPlatform(asked ?? { os, architecture });
  return { platform: asked ?? own, shown };
}

/** Drops a tag beside a digest. */
function withoutTag(reference: ImageReference): ImageReference {
  const { tag, ...rest } = reference;
  return rest.digest === undefined && tag !== undefined ? { ...rest, tag } : rest;
}

/** Fetches all blobs of an image into the store; returns the platform that its configuration names. */
async function bringContent(
  { registries, content, get }: PullContext,
  source: ManifestSource & {
    readonly ingest: Ingest;
    readonly tell: TellProgress;
    readonly signal: AbortSignal;
  },
  { image, indexes }: ChosenImage,
): Promise<Platform | undefined> {
  const { ingest, signal, place } = source;
  for (const { descriptor, bytes } of [...indexes, image]) await ingest.put(descriptor, bytes);
  const { config, layers } = image.manifest;
  if (config.size > maxConfigSize) {
    throw new TcomposeError(
      'REGISTRY_CONTENT',
      `the configuration of ${place.what} has ${config.size} bytes, more than ${maxConfigSize}`,
    );
  }
  const blobs = { ...source, slots: registries.slots, parallel: registries.settings().parallel };
  await bringConfig(blobs, config, signal);
  const { diffIds, platform } = await readDiffIds(content, config.digest, place.what);
  if (diffIds.length !== layers.length) {
    throw new TcomposeError(
      'REGISTRY_CONTENT',
      `layers from manifest don't match image configuration: ${place.what} has ${layers.length} layers, its configuration ${diffIds.length}`,
      { hint: 'Ask its author to push it again.' },
    );
  }
  await bringLayers(blobs, layers, diffIds, { signal, quiet: get(config.digest) !== undefined });
  return platform;
}

function warnOfPlatform(
  asked: Platform,
  found: Platform | undefined,
  { what }: ManifestPlace,
  tell: TellProgress,
): void {
  if (found === undefined || platformRank(asked, found) !== undefined) return;
  tell({
    kind: 'warning',
    text: `image with reference ${what} was found but its platform (${formatPlatform(found)}) does not match the specified platform (${formatPlatform(asked)})`,
  });
}

async function commit(
  ingest: Ingest,
  { image, indexes }: ChosenImage,
  asked: string,
  reference: ImageReference,
): Promise<ImageRecord> {
  const { tag, digest } = reference;
  const [index] = indexes;
  return await ingest.commit({
    manifest: image.descriptor,
    ...(index === undefined ? {} : { index: index.descriptor }),
    ...(digest === undefined ? { tag: familiarReference(reference) } : {}),
    repoDigest: {
      repository: familiarName(reference),
      digest: asked,
      pinned: digest !== undefined,
      ...(digest !== undefined && tag !== undefined ? { tag } : {}),
    },
  });
}

/** Turns a registry client's notices into progress. Waits for a blob are reported with its layer. */
export function noticeTeller(tell: TellProgress): (notice: Notice) => void {
  return (notice) => {
    if (notice.kind === 'mirror') {
      tell({ kind: 'warning', text: `the mirror ${notice.host} was skipped: ${notice.why}` });
    }
    if (notice.kind === 'asked') {
      const { method, url, status } = notice;
      tell({ kind: 'asked', text: `${method} ${url}: ${status}` });
    }
  };
}
