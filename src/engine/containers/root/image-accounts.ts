import { readdirSync } from 'node:fs';
import type { AccountFiles } from '../../../runtime/spec/users.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import { readAccountFiles } from './account-files.ts';
import type { ContainerRoot } from './root-handle.ts';
import { openOwnRoot, openStoppedRoot } from './stopped-root.ts';

/** Characters of an image's account files that are kept; larger ones are read at each start. */
const mostKept = 64 * 1024;

/** How many images' files are kept; the one that was read first goes. */
const mostImages = 32;

/** By image and layers: those never change once they are there, but tcompose/host follows its machine to others. */
const kept = new Map<string, AccountFiles>();

/** What a mount stands over when it has other account files. */
const accountPlaces = ['/etc', '/etc/passwd', '/etc/group'];

/**
 * /etc/passwd and /etc/group as a container will see them, mounts over them included. As long as the container has written
 * nothing and has no such mount they are its image's, read once for all its containers: to put the layers together only to read two files takes
 * a fifth of a start's time in the engine. Errors: see readAccountFiles.
 */
export async function accountFilesOf(
  engine: Engine,
  container: Parameters<typeof openOwnRoot>[1],
): Promise<AccountFiles> {
  if (container.record.mounts.some(({ target }) => accountPlaces.includes(target)))
    return read(openStoppedRoot(engine, container, 'read'));
  const image = engine.images.get(container.record.imageId);
  if (image === undefined || !untouched(container)) return read(openOwnRoot(engine, container));
  const key = [image.id, ...engine.images.rootfs(image).lowerDirs].join(':');
  const before = kept.get(key);
  if (before !== undefined) return before;
  const files = await read(openOwnRoot(engine, container));
  if ((files.passwd?.length ?? 0) + (files.group?.length ?? 0) <= mostKept) keep(key, files);
  return files;
}

function keep(key: string, files: AccountFiles): void {
  kept.set(key, files);
  const [oldest] = kept.keys();
  if (kept.size > mostImages && oldest !== undefined) kept.delete(oldest);
}

const untouched = (container: Pick<Container, 'upperDir'>): boolean =>
  readdirSync(container.upperDir).length === 0;

async function read(opening: Promise<ContainerRoot>): Promise<AccountFiles> {
  const root = await opening;
  try {
    return readAccountFiles(root.directory);
  } finally {
    await root.release();
  }
}
