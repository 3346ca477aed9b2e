import { TcomposeError } from '../../../errors.ts';
import type { ImageContent, ImageRecord, StoredLayer, StoredManifest } from '../../../image/index.ts';
import {
  familiarName,
  familiarReference,
  type ImageReference,
  parseReference,
} from '../../../image/reference.ts';
import type { ManifestPlace } from '../../../registry/content/fetch-manifest.ts';
import { parseManifest } from '../../../registry/content/manifest.ts';
import { isForeignLayer } from '../../../registry/content/media-types.ts';
import { hasManifest, pushManifest } from '../../../registry/content/push-manifest.ts';
import type { Session } from '../../../registry/http/session.ts';
import { uploadBlob } from '../../../registry/transfer/upload.ts';
import { noticeTeller } from '../pull/pull-image.ts';
import type { Registries, RegistryRequest } from '../registries.ts';
import type { TellProgress } from '../transfer-progress.ts';

export interface PushRequest extends RegistryRequest {
  /** With a tag. */
  readonly reference: ImageReference;
  readonly image: ImageRecord;
  /** Without the index that the image came from. */
  readonly alone?: boolean;
}

export interface PushContext {
  readonly registries: Registries;
  readonly content: ImageContent;
  readonly list: () => readonly ImageRecord[];
  /** All references of an image: tags, and repositories with a digest. */
  readonly namesOf: (image: ImageRecord) => readonly string[];
}

/** Simultaneous uploads to one registry: most of them wait not for the network but for the registry, which syncs each blob. */
const parallel = 10;
/** Most repositories to try for a layer before it is uploaded. */
const mostMounts = 3;

/**
 * Pushes an image to a registry with its bytes unchanged: layers and configuration first, then the manifest, and the
 * index it came from if everything it lists is available.
 * @throws TcomposeError REGISTRY_*
 */
export async function pushImage(
  context: PushContext,
  request: PushRequest,
  tell: TellProgress,
): Promise<void> {
  const { registries, content } = context;
  const { reference, image, signal } = request;
  const { domain, path, tag = 'latest' } = reference;
  const what = familiarReference(reference);
  if (image.host) throw notOurs(what);
  const session = registries.open(domain, request, noticeTeller(tell)).main;
  const place: ManifestPlace = {
    path,
    reference: tag,
    what,
    scopes: [`repository:${path}:pull,push`],
    signal,
  };
  const ingest = content.ingest();
  try {
    ingest.hold(image);
    const stored = await content.manifestOf(image);
    const layers = await content.layersOf(image);
    await pushBlobs({ ...context, session, place, tell }, layers, configOf(stored, what), image, reference);
    const { manifest, index } = stored;
    const top = await pushTop(session, place, request.alone === true ? { manifest } : stored);
    await ingest.commit({
      manifest: manifest.descriptor,
      ...(index === undefined ? {} : { index: index.descriptor }),
      repoDigest: { repository: familiarName(reference), digest: top.descriptor.digest, pinned: false },
    });
    tell({ kind: 'pushed', tag, digest: top.descriptor.digest, size: top.bytes.length });
  } finally {
    await ingest.release();
  }
}

const notOurs = (what: string): TcomposeError =>
  new TcomposeError(
    'REGISTRY_PUSH',
    `${what} shows the programs of this machine and has no layers that could be sent`,
    { hint: 'Build the image upon one from a registry instead of tcompose/host.' },
  );

interface PushWork extends PushContext {
  readonly session: Session;
  readonly place: ManifestPlace;
}

type LayerPush = PushWork & { readonly tell: TellProgress };

/** All in parallel; the first failure ends the others, and is thrown. */
async function pushBlobs(
  work: LayerPush,
  layers: readonly StoredLayer[],
  config: StoredLayer['descriptor'],
  image: ImageRecord,
  reference: ImageReference,
): Promise<void> {
  const { tell, place } = work;
  const abort = new AbortController();
  const signal = AbortSignal.any([place.signal, abort.signal]);
  const errors: unknown[] = [];
  const name = ({ diffId }: StoredLayer): string => diffId.slice(diffId.indexOf(':') + 1).slice(0, 12);
  // A layer that occurs twice in an image is one blob.
  const distinct = [...new Map(layers.map((layer) => [layer.descriptor.digest, layer])).values()];
  for (const layer of distinct.toReversed()) tell({ kind: 'layer', id: name(layer), state: 'preparing' });
  const each = { ...work, place: { ...place, signal } };
  const pushes = distinct.map(async (layer) => {
    const { descriptor } = layer;
    if (isForeignLayer(descriptor.mediaType) && (descriptor.urls?.length ?? 0) > 0) return;
    const from = await repositoriesWith(work, layer, image, reference);
    await pushBlob(each, descriptor, from, { id: name(layer), tell });
  });
  await Promise.all(
    [...pushes, pushBlob(each, config, [], undefined)].map((push) =>
      push.catch((error: unknown) => {
        errors.push(error);
        abort.abort();
      }),
    ),
  );
  if (errors[0] !== undefined) throw errors[0];
}

/** Repositories of the same registry from which this machine has an image with the layer, and which may therefore have it. */
async function repositoriesWith(
  { list, content, namesOf }: PushWork,
  layer: StoredLayer,
  image: ImageRecord,
  target: ImageReference,
): Promise<string[]> {
  const paths = new Set<string>();
  for (const other of list()) {
    if (other.host || !other.diffIds.includes(layer.diffId)) continue;
    const same = other.id === image.id || (await sameBlob(content, other, layer));
    if (!same) continue;
    for (const name of namesOf(other)) {
      const { domain, path } = parseReference(name);
      if (domain === target.domain && path !== target.path) paths.add(path);
    }
  }
  return [...paths].slice(0, mostMounts);
}

async function sameBlob(content: ImageContent, other: ImageRecord, layer: StoredLayer): Promise<boolean> {
  const layers = await content.layersOf(other).catch(() => []);
  return layers.some(({ descriptor }) => descriptor.digest === layer.descriptor.digest);
}

async function pushBlob(
  { registries, content, session, place }: PushWork,
  descriptor: StoredLayer['descriptor'],
  mountFrom: readonly string[],
  told: { readonly id: string; readonly tell: TellProgress } | undefined,
): Promise<void> {
  const { path, what, scopes, signal } = place;
  const id = told?.id ?? '';
  // A configuration is small, and does not wait for layers.
  const release =
    told === undefined
      ? () => {}
      : await registries.slots.take(`push ${session.endpoint.host}`, parallel, signal, () =>
          told.tell({ kind: 'layer', id, state: 'waiting' }),
        );
  try {
    const blob = await content.openBlob(descriptor.digest);
    if (blob === undefined) {
      throw new TcomposeError('IMAGE_STORE', `the blob ${descriptor.digest} of ${what} is not in the store`, {
        hint: `Pull or build ${what} again.`,
      });
    }
    try {
      const outcome = await uploadBlob(session, {
        path,
        descriptor,
        what,
        scopes,
        signal,
        mountFrom,
        open: (offset) => blob.stream(offset),
        sent: (current) =>
          told?.tell({ kind: 'bytes', id, state: 'pushing', current, total: descriptor.size }),
        waiting: (ms, why) => told?.tell({ kind: 'retry', id, ms, why }),
      });
      if (outcome.kind === 'mounted') told?.tell({ kind: 'mounted', id, from: outcome.from });
      else told?.tell({ kind: 'layer', id, state: outcome.kind === 'exists' ? 'remote' : 'pushed' });
    } finally {
      await blob.close();
    }
  } finally {
    release();
  }
}

function configOf({ manifest }: StoredManifest, what: string): StoredLayer['descriptor'] {
  const parsed = parseManifest(manifest.bytes, manifest.descriptor.mediaType, what);
  if (parsed.kind !== 'image') throw new TcomposeError('IMAGE_STORE', `the manifest of ${what} is an index`);
  return parsed.config;
}

/** Pushes the manifest, and then the index if the registry has, or can be given, everything that the index lists. */
async function pushTop(
  session: Session,
  place: ManifestPlace,
  { manifest, index }: StoredManifest,
): Promise<StoredManifest['manifest']> {
  const put = (one: StoredManifest['manifest'], reference: string): Promise<void> =>
    pushManifest(session, { ...place, reference }, { bytes: one.bytes, mediaType: one.descriptor.mediaType });
  if (index === undefined || !(await isWhole(session, place, index, manifest.descriptor.digest))) {
    await put(manifest, place.reference);
    return manifest;
  }
  await put(manifest, manifest.descriptor.digest);
  await put(index, place.reference);
  return index;
}

/**
 * Whether the repository has everything else that the index lists: other platforms' images, attestations. This machine
 * can't send them.
 */
async function isWhole(
  session: Session,
  place: ManifestPlace,
  index: StoredManifest['manifest'],
  own: string,
): Promise<boolean> {
  const parsed = parseManifest(index.bytes, index.descriptor.mediaType, place.what);
  if (parsed.kind !== 'index') return false;
  for (const { digest } of parsed.entries) {
    if (digest !== own && !(await hasManifest(session, { ...place, reference: digest }))) return false;
  }
  return true;
}
