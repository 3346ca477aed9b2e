import { readdirSync } from 'node:fs';
import type { AccountFiles } from '../../../runtime/spec/users.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import { readAccountFiles } from './account-files.ts';
import type { ContainerRoot } from './root-handle.ts';
import { openOwnRoot, openStoppedRoot } from './stopped-root.ts';

/** Most characters of an image's account files that are kept; larger files are read at each start. */
const mostKept = 64 * 1024;

/** How many images' files are kept; the oldest entry is dropped first. */
const mostImages = 32;

/** By image and layers: layers never change, but tcompose/host gets new ones when the machine changes. */
const kept = new Map<string, AccountFiles>();

/** A mount at one of these places may cover the image's account files. */
const accountPlaces = ['/etc', '/etc/passwd', '/etc/group'];

/**
 * /etc/passwd and /etc/group as a container will see them, including mounts over them. As long as the container has
 * written nothing and has no such mount they are its image's, which are read once for all its containers: assembling
 * the layers just to read two files takes a fifth of a start's time in the engine. Errors: see readAccountFiles.
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
