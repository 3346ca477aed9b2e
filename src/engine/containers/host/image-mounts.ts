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

/** The image of a mount. Errors: 404 without it, 400 for the machine's own, which has no layers. */
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

/** Whether a container was made from an image or mounts it: it is kept for as long as the container is. */
export const usesImage = (
  { imageId, mounts }: Pick<ContainerRecord, 'imageId' | 'mounts'>,
  id: string,
): boolean => imageId === id || mounts.some((mount) => mount.imageId === id);

/**
 * Where the root of an image that a container mounts is at a start: below the run directory, where the launch mounts its layers
 * in the container's mount namespace, or on a data root that can't hold an overlay, in a copy beside the container's own root.
 */
export function imageRoot(
  { record, runDir, directory }: Pick<Container, 'record' | 'runDir' | 'directory'>,
  { kind }: Pick<RootfsSource['storage'], 'kind'>,
  mount: StoredMount,
): string {
  const name = `image-${record.mounts.indexOf(mount)}`;
  return join(kind === 'overlay' ? runDir : directory, name);
}

/** Makes the places of imageRoot, in a run directory that is there; the overlays are for the launch to mount there. Errors: 404. */
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
    // The kernel wants two at least of an overlay that nothing is written to.
    const fill = Array.from({ length: Math.max(0, 2 - layers.length) }, () => emptyDirectory(container));
    overlays.push({ lowerDirs: [...layers, ...fill], mountPoint: place });
  }
  return overlays;
}

/** A copy that a crash cut short is made again. */
async function copyOnce(engine: Pick<Engine, 'images'>, rootfs: RootfsSource, place: string): Promise<void> {
  if (existsSync(place)) return;
  const unfinished = `${place}.copying`;
  await rm(unfinished, { recursive: true, force: true });
  await engine.images.copyRootfs(rootfs, unfinished);
  await rename(unfinished, place);
}
