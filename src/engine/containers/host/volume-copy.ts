import { chmod, copyFile, lchown, lutimes, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageRecord } from '../../../image/types.ts';
import type { Engine } from '../../context.ts';
import type { ContainerRecord } from '../record.ts';
import { type LayeredEntry, type LayeredRoot, openLayers } from './layered-root.ts';

/**
 * Docker's copy-up: a volume that is empty takes what the image has at its mount point, owner and mode of the directory
 * included, unless `nocopy`. Done at create, so that a start need not wait for it.
 */
export async function fillVolumes(
  engine: Engine,
  record: ContainerRecord,
  image: ImageRecord,
): Promise<void> {
  const wanted = record.mounts.filter(
    (mount) => mount.type === 'volume' && mount.noCopy !== true && mount.subpath === undefined,
  );
  if (wanted.length === 0) return;
  const rootfs = await engine.images.rootfs(image);
  try {
    const root = openLayers(rootfs.lowerDirs);
    for (const mount of wanted) {
      const volume = engine.volumes.get(mount.volume!);
      if (volume === undefined || Object.keys(volume.options).length > 0) continue;
      const data = engine.volumes.dataPath(volume);
      if ((await readdir(data)).length > 0) continue;
      const source = await root.find(mount.target, true);
      if (!source?.stat.isDirectory()) continue;
      try {
        await copyDirectory(root, source, data);
      } catch (error) {
        // Half of it would look like a filled volume to the next create.
        for (const name of await readdir(data)) await rm(join(data, name), { recursive: true, force: true });
        throw error;
      }
    }
  } finally {
    await rootfs.release();
  }
}

async function copyDirectory(root: LayeredRoot, source: LayeredEntry, target: string): Promise<void> {
  for (const name of await root.list(source)) {
    const child = await root.find(join(source.path, name), false);
    if (child === undefined) continue;
    const to = join(target, name);
    if (child.stat.isDirectory()) {
      await mkdir(to, { mode: 0o700 });
      await copyDirectory(root, child, to);
    } else if (child.stat.isSymbolicLink()) {
      await symlink(await readlink(child.real), to);
      await lchown(to, child.stat.uid, child.stat.gid);
    } else if (child.stat.isFile()) {
      await copyFile(child.real, to);
      await lchown(to, child.stat.uid, child.stat.gid);
      await chmod(to, child.stat.mode & 0o7777);
      await lutimes(to, child.stat.atime, child.stat.mtime);
    }
  }
  await lchown(target, source.stat.uid, source.stat.gid);
  await chmod(target, source.stat.mode & 0o7777);
}
