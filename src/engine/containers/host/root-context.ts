import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RootfsSource } from '../../../image/index.ts';
import type { RootfsContext } from '../../../runtime/launch/launch-context.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';

/**
 * Every root is mounted on this directory, each in its own mount namespace, and it is shown wherever there is nothing to
 * show: one directory of the layout for all containers.
 */
export const emptyDirectory = ({ directory }: Pick<Container, 'directory'>): string =>
  join(dirname(dirname(directory)), 'empty');

const copiedMark = ({ directory }: Pick<Container, 'directory'>): string => join(directory, 'copied');

/** Whether the container has a full copy of its layers in the place of its own files. */
export const isCopied = (container: Pick<Container, 'directory'>): boolean =>
  existsSync(copiedMark(container));

/**
 * Where a container's root is: an overlay of the image's layers and its own, or, on a data root that can't hold an
 * overlay, a copy of the layers in the place of its own, made before the first start. If a crash interrupted the copy,
 * it is made again.
 */
export async function rootContext(
  engine: Pick<Engine, 'images'>,
  container: Pick<Container, 'directory' | 'upperDir'>,
  rootfs: RootfsSource,
): Promise<RootfsContext> {
  const { binds } = rootfs;
  if (rootfs.storage.kind === 'overlay') {
    return {
      kind: 'overlay',
      lowerDirs: rootfs.lowerDirs,
      upper: container.upperDir,
      work: join(container.directory, 'work'),
      mountPoint: emptyDirectory(container),
      binds,
    };
  }
  if (!isCopied(container)) {
    const copy = join(container.directory, 'copying');
    await rm(copy, { recursive: true, force: true });
    await engine.images.copyRootfs(rootfs, copy);
    await rm(container.upperDir, { recursive: true, force: true });
    await mkdir(container.directory, { recursive: true });
    await rename(copy, container.upperDir);
    await writeFile(copiedMark(container), '', { mode: 0o600 });
  }
  return { kind: 'directory', path: container.upperDir, binds };
}
