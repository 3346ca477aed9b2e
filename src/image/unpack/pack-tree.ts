import { closeSync, read as readCallback } from 'node:fs';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import type { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { deviceNumber, isOpaque, isWhiteout } from '../../confined/copy-tree.ts';
import type { ConfinedEntry } from '../../confined/entry.ts';
import { baseOf, joined, parentOf } from '../../confined/names.ts';
import { turns } from '../../confined/turns.ts';
import { errnoNameOf } from '../../sys/at-calls.ts';
import { getExtendedAttribute, listExtendedAttributes } from '../../sys/xattr.ts';
import { encodeEntry, endOfArchive, type NewTarEntry, paddingOf } from '../../tar/encode-entry.ts';

const readAsync = promisify(readCallback);
/** Bytes that are sent at a time, about. */
const pieceSize = 128 * 1024;

/** `entry` and what is below it as a tar whose first name is `name` (bytes in latin1). What vanishes meanwhile is left out. */
export const packEntry = (
  root: ConfinedDirectory,
  entry: ConfinedEntry,
  name: string,
): AsyncGenerator<Buffer> => packed(new Packer(root, false).add(entry, name));

/** An overlay's upper directory as a layer (OCI image-spec, "Image Layer Filesystem Changeset"): its root is no entry. */
export const packUpper = (
  root: ConfinedDirectory,
  top: ConfinedEntry,
  without: readonly string[] = [],
): AsyncGenerator<Buffer> => packed(new Packer(root, true).upper(top, without));

async function* packed(pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const part of pieces) {
    parts.push(part);
    length += part.length;
    if (length < pieceSize) continue;
    yield Buffer.concat(parts);
    [parts, length] = [[], 0];
  }
  yield Buffer.concat([...parts, endOfArchive]);
}

class Packer {
  readonly #root: ConfinedDirectory;
  readonly #turn = turns();
  /** `device:inode` of files with several names → the first of them. */
  readonly #links = new Map<string, string>();

  /** Whiteouts and opaque directories become those of the layer format. */
  readonly #layer: boolean;

  constructor(root: ConfinedDirectory, layer: boolean) {
    this.#root = root;
    this.#layer = layer;
  }

  /** What is in the top directory, but not that itself. */
  async *upper(top: ConfinedEntry, without: readonly string[]): AsyncGenerator<Buffer> {
    if (isOpaque(top)) yield whiteout('.wh..wh..opq');
    yield* this.#children(top, '', without);
  }

  async *add(entry: ConfinedEntry, name: string): AsyncGenerator<Buffer> {
    await this.#turn();
    const { stat } = entry;
    if (this.#layer && isWhiteout(stat)) {
      yield whiteout(joined(parentOf(name), `.wh.${baseOf(name)}`));
      return;
    }
    const header = headerOf(entry, name);
    if (header === undefined) return;
    const inode = `${stat.dev}:${stat.ino}`;
    const first = stat.nlink > 1 && !stat.isDirectory() ? this.#links.get(inode) : undefined;
    if (first !== undefined) yield encodeEntry({ ...header, type: 'hardlink', linkName: first });
    else if (stat.isFile()) yield* content(entry, header);
    else yield encodeEntry(header);
    if (this.#layer && stat.isDirectory() && isOpaque(entry)) yield whiteout(joined(name, '.wh..wh..opq'));
    if (stat.nlink > 1 && !stat.isDirectory() && first === undefined) this.#links.set(inode, name);
    if (stat.isDirectory()) yield* this.#children(entry, name);
  }

  async *#children(
    directory: ConfinedEntry,
    name: string,
    without: readonly string[] = [],
  ): AsyncGenerator<Buffer> {
    const names = await this.#root.names(directory);
    // Below, a descriptor is held only for what is being read: a tree may be deeper than there are descriptors.
    directory.close();
    for (const child of names) {
      if (without.includes(child)) continue;
      const entry = this.#find(joined(directory.path, child));
      if (entry === undefined) continue;
      try {
        yield* this.add(entry, name === '' ? child : posix.join(name, child));
      } finally {
        entry.close();
      }
    }
  }

  #find(path: string): ConfinedEntry | undefined {
    try {
      return this.#root.find(path);
    } catch (error) {
      // Its parent became a circle of links.
      if (errnoNameOf(error) === 'ELOOP') return undefined;
      throw error;
    }
  }
}

const whiteout = (name: string): Buffer => encodeEntry({ type: 'file', name, mode: 0, size: 0 });

/** Undefined for what no tar holds: sockets. */
function headerOf(entry: ConfinedEntry, name: string): NewTarEntry | undefined {
  const { stat } = entry;
  const { mode, uid, gid } = stat;
  const header = { name, mode: mode & 0o7777, uid, gid, modified: entry.modified() };
  if (stat.isSymbolicLink()) return { ...header, type: 'symlink', linkName: entry.linkText() };
  if (stat.isDirectory()) return { ...header, type: 'directory', xattrs: attributesOf(entry) };
  if (stat.isFile()) return { ...header, type: 'file', xattrs: attributesOf(entry) };
  if (stat.isFIFO()) return { ...header, type: 'fifo' };
  if (!stat.isCharacterDevice() && !stat.isBlockDevice()) return undefined;
  return { ...header, type: stat.isBlockDevice() ? 'block' : 'char', ...deviceNumber(stat.rdev) };
}

/** File capabilities and the users' own; labels and the overlay's marks belong to this machine. */
function attributesOf(entry: ConfinedEntry): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  try {
    for (const name of listExtendedAttributes(entry.fd)) {
      if (name !== 'security.capability' && !/^user\.(?!overlay\.)/.test(name)) continue;
      const value = getExtendedAttribute(entry.fd, name);
      if (value !== undefined) found.set(name, value);
    }
  } catch (error) {
    if (errnoNameOf(error) === undefined) throw error;
    // A file system without any.
  }
  return found;
}

/** A file may grow or shrink while it is read: the size at its opening is what goes out, padded with zeros if need be. */
async function* content(entry: ConfinedEntry, header: NewTarEntry): AsyncGenerator<Buffer> {
  const { size } = entry.stat;
  yield encodeEntry({ ...header, size });
  if (size === 0) return;
  const fd = entry.open();
  try {
    let left = size;
    while (left > 0) {
      const piece = Buffer.alloc(Math.min(pieceSize, left));
      const { bytesRead } = await readAsync(fd, piece, 0, piece.length, null);
      if (bytesRead === 0) break;
      left -= bytesRead;
      yield piece.subarray(0, bytesRead);
    }
    for (; left > 0; left -= Math.min(pieceSize, left)) yield Buffer.alloc(Math.min(pieceSize, left));
  } finally {
    closeSync(fd);
  }
  yield paddingOf(size);
}
