import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TarReader } from '../../tar/tar-reader.ts';
import type { SyncItem } from '../../watch/batch.ts';
import { textOfBytes } from '../../watch/change.ts';
import type { Standing } from '../../watch/compare.ts';

/** A file's value in a Standing. */
export const fileOf = (size: number, hash: string): string => `file ${size} ${hash}`;

/** What is at the items' sources, by its place in a container. What vanishes meanwhile or is not a regular file is left out. */
export async function standingHere(items: readonly SyncItem[]): Promise<Standing> {
  const found = new Map<string, string>();
  for (const { source, target } of items) {
    const what = await whatIs(Buffer.from(source, 'latin1')).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    });
    if (what !== undefined) found.set(target, what);
  }
  return found;
}

async function whatIs(path: Buffer): Promise<string | undefined> {
  const stat = lstatSync(path);
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return `link ${readlinkSync(path, 'latin1')}`;
  if (!stat.isFile()) return undefined;
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(piece);
    size += piece.length;
  }
  return fileOf(size, hash.digest('hex'));
}

/** What a container has at a path and below it; empty when there is nothing. @throws TcomposeError of the engine */
export async function standingThere(client: EngineClient, id: string, target: string): Promise<Standing> {
  const answer = await tolerate(client.containers.getArchive(id, textOfBytes(target)), 404);
  const found = new Map<string, string>();
  if (answer === undefined) return found;
  // An archive's names begin with the last part of the requested path.
  const pathOf = (name: string) => posix.join('/', posix.dirname(target), name).replace(/(.)\/$/, '$1');
  const reader = new TarReader(answer, { mayBeEmpty: true });
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    const path = pathOf(entry.name);
    if (entry.type === 'file') {
      const hash = createHash('sha256');
      for (let piece = await reader.read(); piece !== undefined; piece = await reader.read())
        hash.update(piece);
      found.set(path, fileOf(entry.size, hash.digest('hex')));
    } else if (entry.type === 'directory') found.set(path, 'directory');
    else if (entry.type === 'symlink') found.set(path, `link ${entry.linkName}`);
    else if (entry.type === 'hardlink') found.set(path, found.get(pathOf(entry.linkName)) ?? 'link');
    else found.set(path, entry.type);
  }
  return found;
}
