import { readdirSync } from 'node:fs';
import type { AccountFiles } from '../../../runtime/spec/users.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import { readAccountFiles } from './account-files.ts';
import { openOwnRoot } from './stopped-root.ts';

/** Characters of an image's account files that are kept; larger ones are read at each start. */
const mostKept = 64 * 1024;

/** How many images' files are kept; the one that was read first goes. */
const mostImages = 32;

/** By image and layers: those never change once they are there, but tcompose/host follows its machine to others. */
const kept = new Map<string, AccountFiles>();

/**
 * /etc/passwd and /etc/group of a container's own file system, without its mounts. As long as the container has written
 * nothing they are its image's, read once for all its containers: to put the layers together only to read two files takes
 * a fifth of a start's time in the engine. Errors: see readAccountFiles.
 */
export async function ownAccountFiles(
  engine: Pick<Engine, 'images'>,
  container: Parameters<typeof openOwnRoot>[1],
): Promise<AccountFiles> {
  const image = engine.images.get(container.record.imageId);
  if (image === undefined || !untouched(container)) return read(engine, container);
  const key = [image.id, ...engine.images.rootfs(image).lowerDirs].join(':');
  const before = kept.get(key);
  if (before !== undefined) return before;
  const files = await read(engine, container);
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

async function read(
  engine: Pick<Engine, 'images'>,
  container: Parameters<typeof openOwnRoot>[1],
): Promise<AccountFiles> {
  const root = await openOwnRoot(engine, container);
  try {
    return readAccountFiles(root.directory);
  } finally {
    root.release();
  }
}
