import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { copyTree } from '../../../confined/copy-tree.ts';
import { bytesOfPath } from '../../../confined/names.ts';
import type { ImageRecord } from '../../../image/types.ts';
import type { Engine } from '../../context.ts';
import { badParameter } from '../../http/failure.ts';
import { type VolumeKind, volumeKind } from '../../volume-options.ts';
import type { VolumeRecord } from '../../volumes.ts';
import type { Container } from '../container.ts';
import type { ContainerRecord } from '../record.ts';
import { openImageRoot } from '../root/stopped-root.ts';
import { keptRootfs } from './kept-owners.ts';
import { mountVolumes, settleVolumeMounts } from './volume-mounts.ts';
import { confineVolume, openConfined, writableDirectories } from './writable-directories.ts';

/**
 * Docker's copy-up: an empty volume gets what the image has at its mount point, including owner and mode of the
 * directory, unless `nocopy`. Done at create, so that a start need not wait for it; a start waits for a copy in
 * progress for another container, and repeats an interrupted one, but leaves a volume alone that somebody has emptied.
 */
export async function fillVolumes(
  engine: Pick<Engine, 'images' | 'volumes' | 'containers' | 'log' | 'machine'>,
  container: Pick<Container, 'directory'>,
  record: ContainerRecord,
  image: ImageRecord,
  at: 'create' | 'start',
): Promise<void> {
  const kinds = new Map(
    engine.volumes.list().map((volume) => [volume.name, volumeKind(volume.options)] as const),
  );
  const kindOf = (name: string | undefined) => (name === undefined ? undefined : kinds.get(name));
  const mounts = record.mounts.filter((mount) => !(at === 'create' && isTemporary(kindOf(mount.volume))));
  const release = await mountVolumes(engine, { mounts });
  try {
    for (const { volume: name, noCopy, subpath, target } of mounts) {
      const volume = name === undefined ? undefined : engine.volumes.get(name);
      if (volume === undefined) continue;
      const copies = noCopy !== true && subpath === undefined && !isTemporary(kindOf(name));
      await engine.volumes.fill(volume.name, copies && at === 'create', () =>
        copyUp(engine, { ...container, hostConfig: record.hostConfig }, volume, image, target),
      );
    }
  } finally {
    release();
    if ([...kinds.values()].some(({ kind }) => kind === 'mount')) void settleVolumeMounts(engine);
  }
}

/** It loses its content between create and start. */
const isTemporary = (kind: VolumeKind | undefined): boolean =>
  kind?.kind === 'mount' && ['tmpfs', 'ramfs'].includes(kind.fileSystem.type);

async function copyUp(
  engine: Pick<Engine, 'images' | 'volumes' | 'containers' | 'machine'>,
  container: Pick<Container, 'directory' | 'hostConfig'>,
  volume: VolumeRecord,
  image: ImageRecord,
  target: string,
): Promise<void> {
  const rootfs = engine.images.rootfs(image);
  let root: ConfinedDirectory | undefined;
  let data: ConfinedDirectory | undefined;
  try {
    root = await openImageRoot(container, keptRootfs(engine.machine, container.hostConfig, rootfs));
    const path = engine.volumes.dataPath(volume);
    const fd = openConfined(confineVolume(volume, path, writableDirectories(engine)));
    if (fd === undefined)
      throw badParameter(`volume ${volume.name} cannot be filled: ${path} does not exist`);
    data = new ConfinedDirectory(fd);
    const source = root.find(bytesOfPath(target), true);
    source?.close();
    if (source?.stat.isDirectory()) await copyTree({ root, path: source.path }, { root: data, path: '' });
  } finally {
    data?.close();
    root?.close();
    await rootfs.release();
  }
}
