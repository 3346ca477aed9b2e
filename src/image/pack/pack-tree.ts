import { closeSync, fstatSync, read as readCallback, readSync } from 'node:fs';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import type { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { isOpaque, isWhiteout, withoutMarks } from '../../confined/copy-tree.ts';
import { deviceNumber } from '../../confined/device-number.ts';
import type { ConfinedEntry } from '../../confined/entry.ts';
import { baseOf, joined, parentOf } from '../../confined/names.ts';
import { turns } from '../../confined/turns.ts';
import { type IdSwap, swappedOwner } from '../../id-swap.ts';
import { errnoNameOf } from '../../sys/at-calls.ts';
import { getExtendedAttribute, listExtendedAttributes } from '../../sys/xattr.ts';
import { encodeEntry, endOfArchive, type NewTarEntry, paddingOf } from '../../tar/encode-entry.ts';
import type { IndexLines, Segment } from './archive-index.ts';
import type { EarlierArchive } from './earlier-archive.ts';

const readAsync = promisify(readCallback);
/**
 * Bytes to send at a time, roughly. A file of up to this size is read synchronously: waiting for another thread would
 * take longer.
 */
const pieceSize = 128 * 1024;

/** Is told what goes into a tar, parents first. */
export interface PackWitness {
  /**
   * Called for everything except whiteouts; `entry` is open only during the call. `path` is relative to the packed
   * directory.
   */
  entry(entry: ConfinedEntry, path: string): void;
  whiteout(path: string): void;
  /** Called for a file that is not opened, because its bytes in the archive are known. */
  kept(path: string, size: number): void;
  /** Called for a directory after everything in it. */
  left(path: string): void;
}

const noWitness: PackWitness = { entry: () => {}, whiteout: () => {}, kept: () => {}, left: () => {} };

interface UpperOptions {
  /** Names at the top to leave out. */
  readonly without?: readonly string[];
  readonly witness?: PackWitness;
  /** Seconds since the epoch; no time in the archive is later. */
  readonly latest?: number | undefined;
  /** The archive from which the bytes of unchanged files are copied. */
  readonly earlier?: EarlierArchive | undefined;
  /** Receives the positions of files in the archive. */
  readonly index?: IndexLines | undefined;
}

interface PackOptions extends UpperOptions {
  /** This thread may wait for the disk. */
  readonly sync?: boolean;
  /** What the tree's ids are in the tar, if they differ. */
  readonly owners?: IdSwap | undefined;
}

/**
 * `entry` and everything below it as a tar whose first name is `name` (bytes in latin1). Files that vanish meanwhile
 * are left out.
 */
export const packEntry = (
  root: ConfinedDirectory,
  entry: ConfinedEntry,
  name: string,
  options: Pick<PackOptions, 'sync' | 'owners'> = {},
): AsyncGenerator<Buffer> => new Packer(root, options).entry(entry, name);

/**
 * An overlay's upper directory as a layer (OCI image-spec, "Image Layer Filesystem Changeset"), without an entry for
 * its root.
 */
export const packUpper = (
  root: ConfinedDirectory,
  top: ConfinedEntry,
  options: UpperOptions = {},
): AsyncGenerator<Buffer> =>
  new Packer(root, { witness: noWitness, ...options }).upper(top, options.without ?? []);

/** A directory being packed: the names that are still to do, the next one last. */
interface Open {
  /** Path in the root. */
  readonly path: string;
  /** Name in the tar. */
  readonly name: string;
  readonly names: string[];
}

class Packer {
  readonly #root: ConfinedDirectory;
  readonly #turn = turns();
  /** `device:inode` of files with several names → the first of these names. */
  readonly #links = new Map<string, string>();
  /** Set for a layer: whiteouts and opaque directories become those of the layer format. */
  readonly #witness: PackWitness | undefined;
  readonly #sync: boolean;
  readonly #owners: IdSwap | undefined;
  readonly #open: Open[] = [];
  #parts: Buffer[] = [];
  /** Buffer for pieces of a large file, until they are taken: new memory for each piece would be collected late. */
  readonly #piece = Buffer.allocUnsafeSlow(pieceSize);
  #length = 0;

  /** Nanoseconds since the epoch; no time in the archive is later. */
  readonly #latest: bigint | undefined;
  readonly #earlier: EarlierArchive | undefined;
  readonly #index: IndexLines | undefined;
  /** The range of the earlier archive that is to be copied next. */
  #range = { from: 0, to: 0 };
  /** Bytes of the archive so far, those of the range included. */
  #position = 0;

  constructor(root: ConfinedDirectory, { witness, latest, earlier, index, sync, owners }: PackOptions) {
    this.#sync = sync ?? false;
    this.#owners = owners;
    this.#latest = latest === undefined ? undefined : BigInt(latest) * 1_000_000_000n;
    this.#root = root;
    this.#witness = witness;
    this.#earlier = earlier;
    this.#index = index;
  }

  async *entry(entry: ConfinedEntry, name: string): AsyncGenerator<Buffer> {
    yield* this.#add(entry, name);
    yield* this.#rest();
  }

  /** What is in the top directory, but not that directory itself. */
  async *upper(top: ConfinedEntry, without: readonly string[]): AsyncGenerator<Buffer> {
    if (isOpaque(top)) this.#whiteout('.wh..wh..opq');
    await this.#enter(top, '', without);
    yield* this.#rest();
  }

  /** Loops over the open directories instead of recursing: a tree may be deeper than there are descriptors. */
  async *#rest(): AsyncGenerator<Buffer> {
    for (let here = this.#open.at(-1); here !== undefined; here = this.#open.at(-1)) {
      const child = here.names.pop();
      if (child === undefined) {
        this.#open.pop();
        if (here.name !== '') this.#witness?.left(here.name);
        continue;
      }
      if (!this.#sync) await this.#turn();
      const name = here.name === '' ? child : posix.join(here.name, child);
      const segment = this.#earlier?.segments.get(name);
      if (segment !== undefined) {
        this.#witness?.kept(name, segment.size);
        yield* this.#keep(name, segment);
        continue;
      }
      const entry = this.#find(joined(here.path, child));
      if (entry === undefined) continue;
      try {
        yield* this.#spliced();
        yield* this.#add(entry, name);
      } finally {
        entry.close();
      }
    }
    yield* this.#spliced();
    this.#push(endOfArchive);
    yield this.#taken();
  }

  /** Files that also follow one another in the earlier archive are copied in one range. */
  async *#keep(name: string, segment: Segment): AsyncGenerator<Buffer> {
    const { at, length } = segment;
    if (at !== this.#range.to) {
      yield* this.#spliced();
      this.#range = { from: at, to: at };
    }
    this.#range.to += length;
    this.#index?.add(name, { ...segment, at: this.#position });
    this.#position += length;
  }

  async *#spliced(): AsyncGenerator<Buffer> {
    const { from, to } = this.#range;
    if (this.#earlier === undefined || from === to) return;
    this.#range = { from: to, to };
    if (this.#length > 0) yield this.#taken();
    yield* this.#earlier.range(from, to);
  }

  async *#add(entry: ConfinedEntry, name: string): AsyncGenerator<Buffer> {
    const { stat } = entry;
    const layer = this.#witness !== undefined;
    if (layer && isWhiteout(stat)) {
      this.#whiteout(joined(parentOf(name), `.wh.${baseOf(name)}`));
      this.#witness?.whiteout(name);
      return;
    }
    const found = headerOf(entry, name, this.#owners);
    if (found === undefined) return;
    const header = this.#clamped(found);
    this.#witness?.entry(entry, name);
    const inode = stat.nlink > 1 && !stat.isDirectory() ? `${stat.dev}:${stat.ino}` : undefined;
    const first = inode === undefined ? undefined : this.#links.get(inode);
    if (first !== undefined) this.#push(encodeEntry({ ...header, type: 'hardlink', linkName: first }));
    else if (stat.isFile()) yield* this.#file(entry, header);
    else this.#push(encodeEntry(header));
    if (inode !== undefined && first === undefined) this.#links.set(inode, name);
    if (stat.isDirectory()) {
      if (layer && isOpaque(entry)) this.#whiteout(joined(name, '.wh..wh..opq'));
      await this.#enter(entry, name, []);
    }
    if (this.#length >= pieceSize) yield this.#taken();
  }

  #clamped(header: NewTarEntry): NewTarEntry {
    const { modified } = header;
    if (this.#latest === undefined || modified === undefined || modified <= this.#latest) return header;
    return { ...header, modified: this.#latest };
  }

  /** From here on only the entry being read has a descriptor. */
  async #enter(directory: ConfinedEntry, name: string, without: readonly string[]): Promise<void> {
    const all = await this.#root.names(directory);
    const names = this.#witness === undefined ? all : withoutMarks(all);
    directory.close();
    const wanted = without.length === 0 ? names : names.filter((one) => !without.includes(one));
    this.#open.push({ path: directory.path, name, names: wanted.reverse() });
  }

  #find(path: string): ConfinedEntry | undefined {
    try {
      return this.#root.find(path);
    } catch (error) {
      // Meanwhile its parent became a loop of links.
      if (errnoNameOf(error) === 'ELOOP') return undefined;
      throw error;
    }
  }

  /** A file may grow or shrink while it is read: the size when it was opened is written, padded with zeros if need be. */
  async *#file(entry: ConfinedEntry, header: NewTarEntry): AsyncGenerator<Buffer> {
    const { size } = entry.stat;
    const at = this.#position;
    this.#push(encodeEntry({ ...header, size }));
    yield* this.#content(entry);
    this.#index?.add(header.name, { at, length: this.#position - at, size });
  }

  async *#content(entry: ConfinedEntry): AsyncGenerator<Buffer> {
    const { size } = entry.stat;
    if (size === 0) return;
    const fd = entry.open();
    try {
      let left = size;
      while (left > 0) {
        const whole = left >= pieceSize;
        const piece = whole ? this.#piece : Buffer.allocUnsafe(left);
        const length =
          this.#sync || size <= pieceSize
            ? readSync(fd, piece)
            : (await readAsync(fd, piece, 0, piece.length, null)).bytesRead;
        if (length === 0) break;
        left -= length;
        this.#push(piece.subarray(0, length));
        if (whole || this.#length >= pieceSize) yield this.#taken();
      }
      for (; left > 0; left -= Math.min(pieceSize, left)) {
        this.#push(Buffer.alloc(Math.min(pieceSize, left)));
        if (this.#length >= pieceSize) yield this.#taken();
      }
    } finally {
      closeSync(fd);
    }
    this.#push(paddingOf(size));
  }

  #whiteout(name: string): void {
    this.#push(encodeEntry({ type: 'file', name, mode: 0, size: 0 }));
  }

  #push(part: Buffer): void {
    this.#parts.push(part);
    this.#length += part.length;
    this.#position += part.length;
  }

  #taken(): Buffer {
    const all = Buffer.concat(this.#parts);
    [this.#parts, this.#length] = [[], 0];
    return all;
  }
}

/** Undefined for what a tar can't hold: sockets. */
function headerOf(entry: ConfinedEntry, name: string, owners?: IdSwap): NewTarEntry | undefined {
  const { stat } = entry;
  const { mode } = stat;
  const { uid, gid } = swappedOwner(stat, owners);
  const header = {
    name,
    mode: mode & 0o7777,
    uid,
    gid,
    modified: fstatSync(entry.fd, { bigint: true }).mtimeNs,
  };
  if (stat.isSymbolicLink()) return { ...header, type: 'symlink', linkName: entry.linkText() };
  if (stat.isDirectory()) return { ...header, type: 'directory', xattrs: attributesOf(entry) };
  if (stat.isFile()) return { ...header, type: 'file', xattrs: attributesOf(entry) };
  if (stat.isFIFO()) return { ...header, type: 'fifo' };
  if (!stat.isCharacterDevice() && !stat.isBlockDevice()) return undefined;
  return { ...header, type: stat.isBlockDevice() ? 'block' : 'char', ...deviceNumber(stat.rdev) };
}

/**
 * Attributes that belong to a file on any machine: capabilities, and the user.* ones; labels and the overlay's marks
 * belong to this machine only.
 */
export const isCarried = (name: string): boolean =>
  name === 'security.capability' || /^user\.(?!overlay\.|fuseoverlayfs\.)/.test(name);

function attributesOf(entry: ConfinedEntry): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  try {
    for (const name of listExtendedAttributes(entry.fd)) {
      if (!isCarried(name)) continue;
      const value = getExtendedAttribute(entry.fd, name);
      if (value !== undefined) found.set(name, value);
    }
  } catch (error) {
    if (errnoNameOf(error) === undefined) throw error;
    // The file system has no attributes.
  }
  return found;
}
