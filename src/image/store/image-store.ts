import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { chainIds, hexOf } from '../digest.ts';
import { hostImage, hostReference, imageArchitecture } from '../host/host-config.ts';
import { keepHostRecords } from '../host/host-records.ts';
import { HostRoot } from '../host/host-root.ts';
import { applyChanges } from '../image-changes.ts';
import { idDigits, idLength, normaliseTag } from '../reference.ts';
import type {
  ImageRecord,
  ImageRemoval,
  ImageStore,
  ImportOptions,
  RemoveOptions,
  RootfsSource,
  RootfsStorage,
} from '../types.ts';
import type { LayerSystem } from '../unpack/layer-system.ts';
import { explain, type StagedLayer, stageLayer } from '../unpack/stage-layer.ts';
import { baseLayer } from './base-layer.ts';
import { BlobStore } from './blob-store.ts';
import { copyLayers } from './copy-layers.ts';
import { ImageMetadata, type StoredImage } from './image-metadata.ts';
import { LayerStore } from './layer-store.ts';
import { currentUserNamespace, detectStorage } from './overlay-support.ts';
import { planRemoval } from './removal.ts';

interface ImageStoreOptions {
  /** Directory of the persistent state; the store keeps to images, layers, l, blobs, host and tmp below it. */
  readonly root: string;
  /** tcompose's version: part of tcompose/host's id. */
  readonly release: string;
  readonly system: LayerSystem;
  readonly warn: (message: string) => void;
  /** Told of each record that can't be read, and why as a clause; it has been put aside. */
  readonly damaged: (file: string, why: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The Node shown in tcompose/host; default: the running one. */
  readonly execPath?: string;
  /** Default: found out by looking at `root`. */
  readonly storage?: RootfsStorage;
}

const layerMediaType = 'application/vnd.oci.image.layer.v1.tar';
const configMediaType = 'application/vnd.oci.image.config.v1+json';
const manifestMediaType = 'application/vnd.oci.image.manifest.v1+json';

/**
 * Opens the image store below `root`, making it when it is new. One process at a time: the engine's lock sees to that.
 * What a crash left (staging directories, layers and blobs of images that were not recorded) is taken away here.
 * @throws TcomposeError IMAGE_STORE
 */
export function createImageStore(options: ImageStoreOptions): ImageStore {
  const { root, system, warn, now } = options;
  const temporary = join(root, 'tmp');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  const metadata = new ImageMetadata(root, options.damaged);
  const blobs = new BlobStore(root);
  const layers = new LayerStore(root);
  const storage = options.storage ?? detectStorage(root);
  if (storage.kind === 'copy') warn(storage.reason);
  const ownership = process.getuid?.() === 0 && currentUserNamespace().ids > 1;
  const architecture = imageArchitecture(process.arch);
  const host = hostImage({ machineId: readMachineId(root), release: options.release, architecture });
  const hostRecords = keepHostRecords(join(root, 'host'), host.record);
  const hostRoot = new HostRoot(join(root, 'host'), options.execPath ?? process.execPath);
  let queue: Promise<unknown> = Promise.resolve();
  const swept = exclusively(sweep);

  /** Changes of what is recorded happen one after the other. */
  function exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  }

  const newStaging = () => join(temporary, randomBytes(8).toString('hex'));

  function toRecord(image: StoredImage): ImageRecord {
    return { ...image.record, tags: metadata.tagsOf(image.record.id) };
  }

  function byId(id: string): ImageRecord | undefined {
    const image = metadata.image(id);
    return image === undefined ? hostRecords.get(id) : toRecord(image);
  }

  function get(name: string): ImageRecord | undefined {
    if (name === '') return undefined;
    const prefix = idDigits(name);
    if (prefix?.length === idLength) return byId(`sha256:${prefix}`);
    if (!name.startsWith('sha256:')) {
      const reference = normaliseTag(name);
      if (reference === hostReference) return host.record;
      const id = metadata.tagged(reference);
      if (id !== undefined) return byId(id);
    }
    if (prefix === undefined) return undefined;
    const ids = [...hostRecords.keys(), ...metadata.images().map(({ record }) => record.id)];
    const fitting = ids.filter((id) => hexOf(id).startsWith(prefix));
    if (fitting.length > 1)
      throw new TcomposeError(
        'IMAGE_AMBIGUOUS',
        `"${name}" is the beginning of ${fitting.length} image ids`,
        {
          hint: 'Give more digits of the id, or a name.',
        },
      );
    return fitting[0] === undefined ? undefined : byId(fitting[0]);
  }

  function mustGet(name: string): ImageRecord {
    const record = get(name);
    if (record !== undefined) return record;
    throw new TcomposeError('IMAGE_NOT_FOUND', `No such image: ${name}`, {
      hint: '`tcompose image ls` lists the images; `tcompose image import` makes one.',
    });
  }

  async function importRootfs(
    archive: AsyncIterable<Uint8Array>,
    importOptions: ImportOptions,
  ): Promise<ImageRecord> {
    // Everything that can be wrong with the request is found before the archive is read.
    const reference = importOptions.reference === undefined ? undefined : taggable(importOptions.reference);
    const config = applyChanges({}, importOptions.changes ?? []);
    const [os = 'linux', arch = architecture] = importOptions.platform?.split('/') ?? [];
    if (!ownership) warn('all files of the image belong to this user: there are no other ids to give them');
    const staging = newStaging();
    await mkdir(staging, { mode: 0o700 });
    try {
      const layer = await stageLayer(archive, staging, {
        system,
        warn,
        userxattr: storage.kind === 'overlay' && storage.userxattr,
        ownership,
      });
      // A layer may be taken for complete only when all of it is on the disk.
      await system.syncFileSystem(staging);
      const created = new Date(now()).toISOString();
      const history = [{ created, comment: importOptions.message || 'Imported from -' }];
      const facts = { created, architecture: arch, os, config, history };
      return await exclusively(() => record(layer, staging, facts, reference));
    } catch (error) {
      throw explain(error, root, 0);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  async function record(
    layer: StagedLayer,
    staging: string,
    facts: Pick<ImageRecord, 'created' | 'architecture' | 'os' | 'config' | 'history'>,
    reference: string | undefined,
  ): Promise<ImageRecord> {
    const chain = chainIds([layer.diffId]);
    try {
      await blobs.adopt(join(staging, 'blob'), layer.blob.digest);
      await layers.add(chain[0]!, join(staging, 'layer'), { diffId: layer.diffId, size: layer.size });
      const { history, ...described } = facts;
      const rootfs = { type: 'layers', diff_ids: [layer.diffId] };
      const configBlob = await blobs.put(configMediaType, JSON.stringify({ ...described, rootfs, history }));
      const layerDescriptor = {
        mediaType: layer.blob.compressed ? `${layerMediaType}+gzip` : layerMediaType,
        digest: layer.blob.digest,
        size: layer.blob.size,
      };
      const manifest = {
        schemaVersion: 2,
        mediaType: manifestMediaType,
        config: configBlob,
        layers: [layerDescriptor],
      };
      const stored: StoredImage = {
        version: 1,
        record: {
          ...facts,
          id: configBlob.digest,
          size: layer.size,
          chain,
          diffIds: [layer.diffId],
          host: false,
        },
        manifest: await blobs.put(manifestMediaType, JSON.stringify(manifest)),
        layers: [layerDescriptor],
      };
      await metadata.addImage(stored);
      if (reference !== undefined) await metadata.setTag(reference, stored.record.id);
      return toRecord(stored);
    } catch (error) {
      await sweep().catch(() => undefined);
      throw error;
    }
  }

  function taggable(reference: string): string {
    if (reference.includes('@'))
      throw new TcomposeError(
        'IMAGE_REFERENCE',
        `"${reference}" has a digest, which can not be given to an image`,
      );
    const normalised = normaliseTag(reference);
    if (normalised === hostReference)
      throw new TcomposeError(
        'IMAGE_IN_USE',
        `${hostReference} is the built-in image; its name can not be given away`,
      );
    return normalised;
  }

  async function remove(name: string, removeOptions: RemoveOptions): Promise<readonly ImageRemoval[]> {
    const image = mustGet(name);
    const plan = planRemoval(image, name, removeOptions);
    if (plan.untag.length > 0) await metadata.removeTags(plan.untag);
    const removals: ImageRemoval[] = plan.untag.map((reference) => ({ Untagged: reference }));
    if (!plan.delete) return removals;
    await metadata.removeImage(image.id);
    await sweep();
    return [...removals, { Deleted: image.id }];
  }

  /** Takes away layers and blobs that no recorded image needs. */
  async function sweep(): Promise<void> {
    // What a damaged record needs is not known: rather too much is kept than an image lost that could be mended.
    if (metadata.incomplete) return;
    const neededLayers = new Set<string>();
    const neededBlobs = new Set<string>();
    for (const image of metadata.images()) {
      for (const chainId of image.record.chain) neededLayers.add(hexOf(chainId));
      for (const { digest } of [image.manifest, ...image.layers]) neededBlobs.add(hexOf(digest));
      neededBlobs.add(hexOf(image.record.id));
    }
    for (const hex of layers.list())
      if (!neededLayers.has(hex)) await layers.remove(`sha256:${hex}`, newStaging());
    for (const hex of blobs.list()) if (!neededBlobs.has(hex)) await blobs.remove(`sha256:${hex}`);
  }

  let base: string | undefined;

  function rootfs(image: ImageRecord): RootfsSource {
    const release = () => Promise.resolve();
    base ??= baseLayer(join(root, 'host'));
    if (image.host) {
      const { lowerDir, binds } = hostRoot.rootfs();
      return { lowerDirs: [lowerDir, base], binds, storage, release };
    }
    const lowerDirs = [...image.chain.map((chainId) => layers.lowerDir(chainId)).reverse(), base];
    return { lowerDirs, binds: [], storage, release };
  }

  return {
    list: () =>
      [host.record, ...metadata.images().map(toRecord)].sort(
        (a, b) => Date.parse(b.created) - Date.parse(a.created),
      ),
    get,
    importRootfs: async (archive, importOptions) => {
      await swept;
      return importRootfs(archive, importOptions);
    },
    tag: (name, reference) =>
      exclusively(async () => {
        const image = mustGet(name);
        if (image.host) {
          throw new TcomposeError(
            'IMAGE_IN_USE',
            `${hostReference} is the built-in image and has this name only`,
          );
        }
        await metadata.setTag(taggable(reference), image.id);
        return byId(image.id)!;
      }),
    remove: (name, removeOptions) => exclusively(() => remove(name, removeOptions)),
    rootfs,
    copyRootfs: (source, target) => copyLayers(source.lowerDirs, target),
    close: async () => {
      await queue;
    },
  };
}

/** The machine's id, else one made for this data root and kept there. */
function readMachineId(root: string): string {
  for (const path of ['/etc/machine-id', join(root, 'machine-id')]) {
    try {
      const id = readFileSync(path, 'utf8').trim();
      if (id !== '' && id !== 'uninitialized') return id;
    } catch {
      // The next one, or a new one.
    }
  }
  const id = randomBytes(16).toString('hex');
  writeFileSync(join(root, 'machine-id'), `${id}\n`, { mode: 0o600 });
  return id;
}
