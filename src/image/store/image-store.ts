import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { loadArchive } from '../archive/load.ts';
import { namesToSave } from '../archive/names-to-save.ts';
import { saveArchive } from '../archive/save.ts';
import { hostImage, hostReference } from '../host/host-config.ts';
import { keepHostRecords } from '../host/host-records.ts';
import { HostRoot } from '../host/host-root.ts';
import { platformHere } from '../host/machine-platform.ts';
import type { Platform } from '../ingest-types.ts';
import { otherPlatform, platformRank } from '../platform.ts';
import type { ImageRecord, ImageStore, RootfsSource } from '../types.ts';
import { baseLayer } from './base-layer.ts';
import { copyLayers } from './copy-layers.ts';
import { StoreIngest } from './ingest.ts';
import { ImageFinder } from './operations/find-image.ts';
import { imageContent } from './operations/image-content.ts';
import { importRootfs } from './operations/import-rootfs.ts';
import { readMachineId } from './operations/machine-id.ts';
import { type ImageStoreOptions, openShelf } from './operations/open-shelf.ts';
import { removeImage } from './operations/remove-image.ts';
import { taggable } from './operations/taggable.ts';
import { detectStorage } from './overlay-support.ts';
import { withTag } from './references.ts';
import { keptBlobs, looseBlobs, sweep } from './sweep.ts';

/**
 * Opens the image store below `root`, making it when it is new. Only one process may do so at a time, which the
 * engine's lock ensures. Leftovers of a crash (staging directories, layers of images that were not recorded, blobs
 * after a week) are removed here.
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
  const best = platformHere(architecture);
  const finder = new ImageFinder({ metadata, host: host.record, hostRecords, own: best });
  const newIngest = () => new StoreIngest(shelf, (id) => finder.byId(id)!);
  const content = imageContent(shelf, finder, newIngest);
  const swept = exclusively(() => sweep(shelf, 'expired'));

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

  return {
    storage,
    list: () => finder.list(),
    get: (name, platform) => finder.get(name, platform),
    importRootfs: async (archive, importOptions) => {
      await swept;
      const id = await importRootfs({ shelf, own, ingest: newIngest }, archive, importOptions);
      return finder.byId(id)!;
    },
    load: async (archive, loadOptions) => {
      await swept;
      await loadArchive(shelf, archive, loadOptions, newIngest);
    },
    save: async (names, platform) => {
      const need = (name: string) => {
        const image = finder.get(name, platform);
        if (image !== undefined || platform === undefined) return image ?? finder.mustGet(name);
        throw otherPlatform(name, finder.mustGet(name), platform);
      };
      const fits = (image: ImageRecord) =>
        platform === undefined || platformRank(platform, image) !== undefined;
      const images = namesToSave(names, need, () => finder.stored().filter(fits));
      return saveArchive(content, images, newIngest());
    },
    tag: (name, reference) =>
      exclusively(async () => {
        const image = finder.mustGet(name);
        if (image.host) {
          throw new TcomposeError(
            'IMAGE_IN_USE',
            `${hostReference} is the built-in image and has this name only`,
          );
        }
        const time = new Date(now()).toISOString();
        const set = { image: image.id, time, samePlatform: () => true };
        await metadata.setReferences(withTag(metadata.references, taggable(reference), set));
        return finder.byId(image.id)!;
      }),
    remove: (name, removeOptions) => exclusively(() => removeImage(shelf, finder, name, removeOptions)),
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
