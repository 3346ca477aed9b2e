import { closeSync, read as readCallback } from 'node:fs';
import { promisify } from 'node:util';
import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { decompress } from '../../../image/unpack/decompress.ts';
import { libcLayerSystem } from '../../../image/unpack/layer-system.ts';
import { TreeWriter } from '../../../image/unpack/tree-writer.ts';
import { archivePath } from '../../../tar/archive-path.ts';
import { type TarEntry, TarReader } from '../../../tar/tar-reader.ts';
import type { Owner } from './owner.ts';

/**
 * Unpacks a file into the directory that `base` makes, as ADD does, if it is a non-empty tar, plain or compressed.
 * False for any other file, which then has to be copied.
 */
export async function unpackArchive(
  entry: ConfinedEntry,
  target: ConfinedDirectory,
  base: () => string,
  owner: Owner | undefined,
  warn: (message: string) => void,
): Promise<boolean> {
  const fd = entry.open();
  let reader: TarReader | undefined;
  try {
    const opened = await openTar(piecesOf(fd));
    if (opened === undefined) return false;
    reader = opened.reader;
    const writer = new TreeWriter(target, {
      system: await libcLayerSystem(),
      owner: owner ?? 'archive',
      base: base(),
      warn,
    });
    for (let one: TarEntry | undefined = opened.first; one !== undefined; one = await reader.next())
      if (archivePath(one.name) !== '') await writer.write(one, reader);
    await writer.finish();
    return true;
  } finally {
    await reader?.close().catch(() => undefined);
    closeSync(fd);
  }
}

const readAsync = promisify(readCallback);
const pieceSize = 256 * 1024;

/** The content of a descriptor. A stream of Node's would close it when reading stops early. */
async function* piecesOf(fd: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await readAsync(fd, Buffer.allocUnsafe(pieceSize), 0, pieceSize, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** A reader at the first entry; undefined when it is not an archive or an empty one. */
async function openTar(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ readonly reader: TarReader; readonly first: TarEntry } | undefined> {
  try {
    const { chunks } = await decompress(stream);
    const reader = new TarReader(chunks);
    const first = await reader.next();
    return first === undefined ? undefined : { reader, first };
  } catch {
    return undefined;
  }
}
