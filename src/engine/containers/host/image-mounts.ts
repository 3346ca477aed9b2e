import { existsSync, mkdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageRecord, RootfsSource } from '../../../image/index.ts';
import type { ImageOverlay } from '../../../runtime/launch/launch-context.ts';
import type { Engine } from '../../context.ts';
import { badParameter, notFound } from '../../http/failure.ts';
import type { Container } from '../container.ts';
import type { ContainerRecord, StoredMount } from '../record.ts';
import { emptyDirectory } from './root-context.ts';

/** The image for a mount. Errors: 404 when there is none, 400 for tcompose/host, which has no layers. */
export function mountableImage(
  engine: Pick<Engine, 'images'>,
  { source, imageId = source }: Pick<StoredMount, 'source' | 'imageId'>,
): ImageRecord {
  const image = engine.images.get(imageId);
  if (image === undefined) throw notFound(`No such image: ${source}`);
  if (!image.host) return image;
  throw badParameter(
    `the image ${source} cannot be mounted: it is this machine's own file system`,
    'Mount the directories that are meant with `type: bind`.',
  );
}

/** Whether a container was made from an image or mounts it: the image is kept as long as the container exists. */
export const usesImage = (
  { imageId, mounts }: Pick<ContainerRecord, 'imageId' | 'mounts'>,
  id: string,
): boolean => imageId === id || mounts.some((mount) => mount.imageId === id);

/**
 * Where the root of a mounted image is during a launch: below the run directory, where the launch mounts its layers in
 * the container's mount namespace, or, on a data root that can't hold an overlay, in a copy beside the container's own
 * root.
 */
export function imageRoot(
  { record, runDir, directory }: Pick<Container, 'record' | 'runDir' | 'directory'>,
  { kind }: Pick<RootfsSource['storage'], 'kind'>,
  mount: StoredMount,
): string {
  const name = `image-${record.mounts.indexOf(mount)}`;
  return join(kind === 'overlay' ? runDir : directory, name);
}

/** Makes the directories of imageRoot, in an existing run directory; the launch mounts the overlays on them. Errors: 404. */
export async function prepareImageMounts(
  engine: Pick<Engine, 'images'>,
  container: Container,
  rootfs: RootfsSource,
): Promise<ImageOverlay[]> {
  const overlays: ImageOverlay[] = [];
  for (const mount of container.record.mounts) {
    if (mount.type !== 'image') continue;
    const layers = engine.images.layerDirectories(mountableImage(engine, mount));
    const place = imageRoot(container, rootfs.storage, mount);
    if (rootfs.storage.kind === 'copy') {
      await copyOnce(engine, { ...rootfs, lowerDirs: layers }, place);
      continue;
    }
    mkdirSync(place, { mode: 0o700 });
    // The kernel requires at least two layers for a read-only overlay.
    const fill = Array.from({ length: Math.max(0, 2 - layers.length) }, () => emptyDirectory(container));
    overlays.push({ lowerDirs: [...layers, ...fill], mountPoint: place });
  }
  return overlays;
}

/** Makes a copy, again if a crash interrupted the previous one. */
async function copyOnce(engine: Pick<Engine, 'images'>, rootfs: RootfsSource, place: string): Promise<void> {
  if (existsSync(place)) return;
  const unfinished = `${place}.copying`;
  await rm(unfinished, { recursive: true, force: true });
  await engine.images.copyRootfs(rootfs, unfinished);
  await rename(unfinished, place);
}
