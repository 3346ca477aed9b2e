import { constants } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Engine } from '../context.ts';
import type { Container } from './container.ts';
import { openLayers } from './layered-root.ts';

/** Kinds of GET /containers/{id}/changes. */
const modified = 0;
const added = 1;
const deleted = 2;

interface Change {
  readonly Path: string;
  readonly Kind: number;
}

/** What the writable layer has that the image has not (docker diff): whiteouts are deletions. */
export async function listChanges(engine: Engine, container: Container): Promise<Change[]> {
  const image = engine.images.get(container.record.imageId);
  const rootfs = image === undefined ? undefined : await engine.images.rootfs(image);
  const below = openLayers(rootfs?.lowerDirs ?? []);
  const changes: Change[] = [];
  const walk = async (path: string): Promise<void> => {
    for (const name of await readdir(join(container.upperDir, path))) {
      const child = posix.join(path, name);
      const stat = await lstat(join(container.upperDir, child));
      const whiteout = (stat.mode & constants.S_IFMT) === constants.S_IFCHR && stat.rdev === 0;
      const before = await below.find(child, false);
      changes.push({ Path: child, Kind: whiteout ? deleted : before === undefined ? added : modified });
      if (stat.isDirectory()) await walk(child);
    }
  };
  try {
    await walk('/');
  } finally {
    await rootfs?.release();
  }
  return changes;
}
