import { closeSync, read as readCallback, readSync, write as writeCallback, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { getExtendedAttribute, listExtendedAttributes, setExtendedAttribute } from '../../../sys/xattr.ts';

const readAsync = promisify(readCallback);
const writeAsync = promisify(writeCallback);
const pieceSize = 256 * 1024;

/** File capabilities and user.* attributes, except those of overlays: others, such as labels, belong to this machine. */
export function copyAttributes(from: number, to: number): void {
  for (const name of listExtendedAttributes(from)) {
    if (name !== 'security.capability' && !/^user\.(?!overlay\.|fuseoverlayfs\.)/.test(name)) continue;
    const value = getExtendedAttribute(from, name);
    if (value !== undefined) setExtendedAttribute(to, name, value);
  }
}

/** Takes ownership of `target`. */
export async function copyFile(source: ConfinedEntry, target: number): Promise<void> {
  let from: number | undefined;
  try {
    from = source.open();
    await copyBytes(from, target, source.stat.size);
  } finally {
    if (from !== undefined) closeSync(from);
    closeSync(target);
  }
}

/** A small file is copied synchronously: waiting for another thread would take longer. */
export async function copyBytes(from: number, target: number, size: number): Promise<void> {
  const piece = Buffer.allocUnsafe(Math.max(1, Math.min(pieceSize, size + 1)));
  const small = size < pieceSize;
  for (;;) {
    const length = small
      ? readSync(from, piece)
      : (await readAsync(from, piece, 0, piece.length, null)).bytesRead;
    if (length === 0) return;
    for (let at = 0; at < length; )
      at += small
        ? writeSync(target, piece, at, length - at)
        : (await writeAsync(target, piece, at, length - at)).bytesWritten;
  }
}
