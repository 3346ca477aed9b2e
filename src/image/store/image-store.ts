import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { loadArchive } from '../archive/load.ts';
import { namesToSave } from '../archive/names-to-save.ts';
import { saveArchive } from '../archive/save.ts';
import { hexOf } from '../digest.ts';
import { hostImage, hostReference, imageArchitecture } from '../host/host-config.ts';
import { keepHostRecords } from '../host/host-records.ts';
import { HostRoot } from '../host/host-root.ts';
import { applyChanges } from '../image-changes.ts';
import type { ImageContent, Platform, StoredManifest } from '../ingest-types.ts';
import { choosePlatform, parsePlatform, platformRank } from '../platform.ts';
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
import { inlineJobs } from '../unpack/inline-jobs.ts';
import type { JobRunner } from '../unpack/job-types.ts';
import type { LayerSystem } from '../unpack/layer-system.ts';
import { baseLayer } from './base-layer.ts';
import { BlobStore } from './blob-store.ts';
import { copyLayers } from './copy-layers.ts';
import { ImageMetadata, type StoredImage } from './image-metadata.ts';
import { StoreIngest } from './ingest.ts';
import { LayerStore } from './layer-store.ts';
import { makeImage, makeLayer } from './make-image.ts';
import { currentUserNamespace, detectStorage } from './overlay-support.ts';
import { namesOf, withoutNames, withTag } from './references.ts';
import { planRemoval, referenceOf } from './removal.ts';
import type { Shelf } from './shelf.ts';
import { keptBlobs, looseBlobs, sweep, sweepRemoved } from './sweep.ts';
import { unpackLayer } from './unpack-layer.ts';

interface ImageStoreOptions {
  /** Directory of the persistent state; the store keeps to images, layers, l, blobs, partial, host and tmp below it. */
  readonly root: string;
  /** tcompose's version: part of tcompose/host's id. */
  readonly release: string;
  readonly system: LayerSystem;
  /** Where layers are hashed and unpacked; default: in this thread. */
  readonly jobs?: JobRunner;
  readonly warn: (message: string) => void;
  /** Told of each record that can't be read, and why as a clause; it has been put aside. */
  readonly damaged: (file: string, why: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called before each write of a blob or record; throws where a test has filled the disk. */
  readonly beforeWrite?: (path: string) => void;
  /** Bytes that the files of one layer may have together, holes included; asked for at each. Undefined: 256 GiB. */
  readonly largestLayer?: () => number | undefined;
  /** The Node shown in tcompose/host; default: the running one. */
  readonly execPath?: string;
  /** Default: found out by looking at `root`. */
  readonly storage?: RootfsStorage;
}

const defaultLargestLayer = 256 * 2 ** 30;
/** Times of names are written so long after they were set. */
const keepAfterMs = 500;

function openShelf(options: ImageStoreOptions, storage: RootfsStorage): Shelf {
  const { root, warn, now, beforeWrite = () => {} } = options;
  const temporary = join(root, 'tmp');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  let queue: Promise<unknown> = Promise.resolve();
  const metadata = new ImageMetadata(root, options.damaged);
  let keeping = false;
  const contents = new Map(
    metadata
      .images()
      .flatMap(({ layers, record }) =>
        layers.map(({ digest }, index) => [digest, record.diffIds[index]!] as const),
      ),
  );
  const exclusively: Shelf['exclusively'] = (work) => {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  };
  return {
    root,
    temporary,
    blobs: new BlobStore(root),
    layers: new LayerStore(root),
    metadata,
    jobs: options.jobs ?? inlineJobs(options.system, beforeWrite),
    system: options.system,
    unpack: {
      userxattr: storage.kind === 'overlay' && storage.userxattr,
      ownership: process.getuid?.() === 0 && currentUserNamespace().ids > 1,
      get largest() {
        return options.largestLayer?.() ?? defaultLargestLayer;
      },
    },
    architecture: imageArchitecture(process.arch),
    warn,
    now,
    beforeWrite,
    exclusively,
    keepSoon() {
      if (keeping) return;
      keeping = true;
      setTimeout(() => {
        keeping = false;
        exclusively(() => metadata.keepTimes()).catch((error: Error) =>
          warn(`when images were last pulled could not be written: ${error.message}`),
        );
      }, keepAfterMs).unref();
    },
    leases: new Set(),
    staged: new Map(),
    busy: new Map(),
    contents,
  };
}

/**
 * Opens the image store below `root`, making it when it is new. One process at a time: the engine's lock sees to that.
 * What a crash left (staging directories, layers of images that were not recorded, blobs after a week) is taken away here.
 * @throws TcomposeError IMAGE_STORE
 */
export function createImageStore(options: ImageStoreOptions): ImageStore {
  const { root, warn, now } = options;
  const storage = options.storage ?? detectStorage(root);
  if (storage.kind === 'copy') warn(storage.reason);
  const shelf = openShelf(options, storage);
  const { metadata, layers, architecture, exclusively } = shelf;
  const own: Platform = { os: 'linux', architecture };
  const host = hostImage({ machineId: readMachineId(root), release: options.release, architecture });
  const hostRecords = keepHostRecords(join(root, 'host'), host.record);
  const hostRoot = new HostRoot(join(root, 'host'), options.execPath ?? process.execPath);
  const swept = exclusively(() => sweep(shelf, 'expired'));

  function toRecord(image: StoredImage): ImageRecord {
    const { lastTagged, ...names } = namesOf(metadata.references, image.record.id);
    return { ...image.record, ...names, ...(lastTagged === undefined ? {} : { lastTagged }) };
  }

  function byId(id: string): ImageRecord | undefined {
    const image = metadata.image(id);
    return image === undefined ? hostRecords.get(id) : toRecord(image);
  }

  /** Of the images of one name the one for the platform; a name alone means any, if this machine's is not among them. */
  function chosen(ids: readonly string[], platform: Platform | undefined): ImageRecord | undefined {
    const records = ids.flatMap((id) => byId(id) ?? []);
    const entries = records.map((record) => ({ record, platform: record as Platform }));
    const best = choosePlatform(entries, platform ?? own)?.record;
    return best ?? (platform === undefined ? records[0] : undefined);
  }

  function get(name: string, platform?: Platform): ImageRecord | undefined {
    if (name === '') return undefined;
    const fits = (record: ImageRecord | undefined) =>
      record === undefined || platform === undefined || platformRank(platform, record) !== undefined
        ? record
        : undefined;
    const prefix = idDigits(name);
    if (prefix?.length === idLength) return fits(byId(`sha256:${prefix}`));
    const reference = name.startsWith('sha256:') ? undefined : referenceOf(name);
    if (reference === hostReference) return fits(host.record);
    const { tags, digests } = metadata.references;
    const named = reference === undefined ? undefined : (tags.get(reference) ?? digests.get(reference));
    if (named !== undefined) return chosen(named.images, platform);
    if (prefix !== undefined) return fits(byPrefix(name, prefix));
    // Says what is wrong with it.
    normaliseTag(name);
    return undefined;
  }

  function byPrefix(name: string, prefix: string): ImageRecord | undefined {
    const ids = [...hostRecords.keys(), ...metadata.images().map(({ record }) => record.id)];
    const fitting = ids.filter((id) => hexOf(id).startsWith(prefix));
    if (fitting.length > 1)
      throw new TcomposeError(
        'IMAGE_AMBIGUOUS',
        `"${name}" is the beginning of ${fitting.length} image ids`,
        { hint: 'Give more digits of the id, or a name.' },
      );
    return fitting[0] === undefined ? undefined : byId(fitting[0]);
  }

  function mustGet(name: string): ImageRecord {
    const record = get(name);
    if (record !== undefined) return record;
    throw new TcomposeError('IMAGE_NOT_FOUND', `No such image: ${name}`, {
      hint: '`tcompose image ls` lists the images; `tcompose pull` and `tcompose image import` bring more.',
    });
  }

  function storedOf(image: ImageRecord): StoredImage {
    const stored = metadata.image(image.id);
    if (stored !== undefined) return stored;
    throw new TcomposeError('IMAGE_STORE', `${image.tags[0] ?? image.id} has no blobs`, {
      hint: image.host
        ? 'The built-in image is made of this machine’s own files and can not be sent anywhere.'
        : 'Fetch it again.',
    });
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

  async function importRootfs(
    archive: AsyncIterable<Uint8Array>,
    importOptions: ImportOptions,
  ): Promise<ImageRecord> {
    // Everything that can be wrong with the request is found before the archive is read.
    const tag = importOptions.reference === undefined ? undefined : taggable(importOptions.reference);
    const config = applyChanges({}, importOptions.changes ?? []);
    const platform = importOptions.platform === undefined ? own : parsePlatform(importOptions.platform, own);
    if (!shelf.unpack.ownership)
      warn('all files of the image belong to this user: there are no other ids to give them');
    const ingest = newIngest();
    try {
      const layer = await makeLayer(shelf, { kind: 'tar', stream: archive }, [], ingest);
      const created = new Date(now()).toISOString();
      const history = [{ created, comment: importOptions.message || 'Imported from -' }];
      const { os, architecture: arch, variant } = platform;
      const facts = {
        os,
        architecture: arch,
        ...(variant === undefined ? {} : { variant }),
        created,
        config,
        history,
      };
      const id = await makeImage(
        shelf,
        { facts, layers: [layer], ...(tag === undefined ? {} : { tag }) },
        ingest,
      );
      return byId(id)!;
    } finally {
      await ingest.release();
    }
  }

  const newIngest = () => new StoreIngest(shelf, (id) => byId(id)!);

  async function remove(name: string, removeOptions: RemoveOptions): Promise<readonly ImageRemoval[]> {
    const image = mustGet(name);
    const children = metadata.images().filter(({ record }) => record.parent === image.id);
    const plan = planRemoval(
      image,
      name,
      removeOptions,
      children.map(({ record }) => record.id),
    );
    if (plan.untag.length > 0)
      await metadata.setReferences(withoutNames(metadata.references, plan.untag, image.id));
    const removals: ImageRemoval[] = plan.untag.map((reference) => ({ Untagged: reference }));
    if (!plan.delete) return removals;
    const { manifest, index, layers: blobs } = storedOf(image);
    await metadata.removeImage(image.id);
    const digests = [
      image.id,
      manifest.digest,
      ...blobs.map(({ digest }) => digest),
      ...(index === undefined ? [] : [index.digest]),
    ];
    const gone = await sweepRemoved(shelf, {
      digests: new Set(digests),
      chains: new Set(),
      order: image.chain,
    });
    return [...removals, { Deleted: image.id }, ...gone.map((chainId) => ({ Deleted: chainId }))];
  }

  const layerDirectories = (image: ImageRecord): string[] =>
    image.host ? [] : image.chain.map((chainId) => layers.lowerDir(chainId)).reverse();

  let base: string | undefined;

  function rootfs(image: ImageRecord): RootfsSource {
    const release = () => Promise.resolve();
    base ??= baseLayer(join(root, 'host'));
    if (image.host) {
      const { lowerDir, binds } = hostRoot.rootfs();
      return { lowerDirs: [lowerDir, base], binds, storage, release };
    }
    const lowerDirs = [...layerDirectories(image), base];
    return { lowerDirs, binds: [], storage, release };
  }

  async function manifestOf(image: ImageRecord): Promise<StoredManifest> {
    const { manifest, index } = storedOf(image);
    const read = async (digest: string): Promise<Buffer> => {
      const bytes = await shelf.blobs.read(digest);
      if (bytes !== undefined) return bytes;
      throw new TcomposeError('IMAGE_STORE', `the blob ${digest} of ${image.tags[0] ?? image.id} is lost`, {
        hint: 'Fetch or load the image again.',
      });
    };
    return {
      manifest: { descriptor: manifest, bytes: await read(manifest.digest) },
      ...(index === undefined ? {} : { index: { descriptor: index, bytes: await read(index.digest) } }),
    };
  }

  const content: ImageContent = {
    ingest: newIngest,
    openBlob: (digest) => shelf.blobs.open(digest),
    manifestOf,
    layersOf: async (image) =>
      storedOf(image).layers.map((descriptor, index) => ({
        descriptor,
        diffId: image.diffIds[index]!,
        chainId: image.chain[index]!,
        size: layers.info(image.chain[index]!)?.size ?? 0,
      })),
    maker: {
      unpack: (layer, directory, lower) => unpackLayer(shelf, layer, directory, lower),
      layer: (source, parent, ingest) => makeLayer(shelf, source, parent, ingest as StoreIngest),
      image: async (image, ingest) => {
        const tag = image.tag === undefined ? {} : { tag: taggable(image.tag) };
        return byId(await makeImage(shelf, { ...image, ...tag }, ingest as StoreIngest))!;
      },
    },
  };

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
    load: async (archive, loadOptions) => {
      await swept;
      await loadArchive(shelf, archive, loadOptions, newIngest);
    },
    save: async (names, platform) => {
      const need = (name: string) => get(name, platform) ?? mustGet(name);
      const images = namesToSave(names, need, () => metadata.images().map(toRecord));
      return saveArchive(content, images, newIngest());
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
        const time = new Date(now()).toISOString();
        const set = { image: image.id, time, samePlatform: () => true };
        await metadata.setReferences(withTag(metadata.references, taggable(reference), set));
        return byId(image.id)!;
      }),
    remove: (name, removeOptions) => exclusively(() => remove(name, removeOptions)),
    rootfs,
    layerDirectories,
    copyRootfs: (source, target) => copyLayers(source.lowerDirs, target),
    ...content,
    loose: () => ({ size: looseBlobs(shelf).reduce((sum, { size }) => sum + size, 0) }),
    keptBlobs: (isUsed) => keptBlobs(shelf, isUsed),
    clear: () => exclusively(async () => (await sweep(shelf, 'all')).bytes),
    layerUse() {
      const use = new Map<string, { readonly size: number; readonly images: number }>();
      for (const { record } of metadata.images())
        for (const chainId of record.chain) {
          const { size, images } = use.get(chainId) ?? { size: layers.info(chainId)?.size ?? 0, images: 0 };
          use.set(chainId, { size, images: images + 1 });
        }
      return use;
    },
    close: async () => {
      await exclusively(() => metadata.keepTimes());
      await shelf.jobs.close();
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
