import { closeSync, constants, ftruncateSync, write as writeCallback, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ConfinedDirectory, Place } from '../../confined/confined-directory.ts';
import type { ConfinedEntry } from '../../confined/entry.ts';
import { cName, joined } from '../../confined/names.ts';
import { turns } from '../../confined/turns.ts';
import type { IdSwap } from '../../id-swap.ts';
import { changeOwnerOf, linkAt, makeDirectoryAt, symlinkAt } from '../../sys/at-calls.ts';
import { openName } from '../../sys/openat2.ts';
import { archiveError, shownName } from '../../tar/archive-error.ts';
import { archivePath } from '../../tar/archive-path.ts';
import type { SparseMap } from '../../tar/sparse.ts';
import type { TarEntry, TarReader } from '../../tar/tar-reader.ts';
import { EntryAttributes, type NewOwner } from './entry-attributes.ts';
import { errnoOf, type LayerSystem } from './layer-system.ts';

export interface TreeWriterOptions {
  readonly system: Pick<LayerSystem, 'makeNode' | 'setExtendedAttribute'>;
  readonly owner: NewOwner;
  /** What those ids are in the tree, if they differ. */
  readonly owners?: IdSwap | undefined;
  /** Directory in the root that the archive's names are relative to. */
  readonly base?: string;
  /** Throws when a path must not be written to. */
  readonly check?: (path: string) => void;
  /** Throws when the entry must not replace what is there, or must not alter a directory's attributes. */
  readonly replace?: (there: ConfinedEntry, entry: TarEntry) => void;
  readonly warn: (message: string) => void;
  /** Called before a file is written with its size, and how much of it is not holes. Throws where that is too much. */
  readonly growing?: (path: string, size: number, stored: number) => void;
  /** This thread may wait for the disk. */
  readonly sync?: boolean;
}

const writeAsync = promisify(writeCallback);
const readDirectory =
  constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const exclusive = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** A device's numbers have 12 and 20 bits (mknod(2)). */
const mostMajor = 0xfff;
const mostMinor = 0xf_ffff;
const nodeType = { char: constants.S_IFCHR, block: constants.S_IFBLK, fifo: constants.S_IFIFO } as const;
/** Pieces of files at least this large are written off the main thread, because writing may block on a full page cache. */
const largeFile = 1024 * 1024;

function putAll(fd: number, piece: Buffer, position: number | null): void {
  for (let at = 0; at < piece.length; )
    at += writeSync(fd, piece, at, piece.length - at, position === null ? null : position + at);
}

/** A parent without an entry in the archive belongs to root as the tree's ids have it. */
function giveToRoot(root: ConfinedDirectory, path: string, owners: IdSwap): void {
  const made = root.find(path);
  if (made?.stat.isDirectory()) changeOwnerOf(made.fd, owners.uid, owners.gid);
  made?.close();
}

/**
 * Writes the entries of an archive into a directory tree: owners, modes with setuid bits, times, extended attributes,
 * hard links and device nodes as in the archive. Every entry is written by descriptor, and so are its attributes.
 */
export class TreeWriter {
  readonly #root: ConfinedDirectory;
  // Separate fields: combined objects would have a different shape each time, and V8 would compile the code that reads
  // them again for each layer.
  readonly #system: TreeWriterOptions['system'];
  readonly #attributes: EntryAttributes;
  readonly #base: string;
  readonly #check: TreeWriterOptions['check'];
  readonly #replace: TreeWriterOptions['replace'];
  readonly #warn: TreeWriterOptions['warn'];
  readonly #growing: TreeWriterOptions['growing'];
  readonly #sync: boolean;
  readonly #turn = turns();
  /** Attributes of directories, set once nothing more is put into them. */
  readonly #directories = new Map<string, TarEntry>();
  /** Bytes of file data. */
  size = 0;

  constructor(root: ConfinedDirectory, options: TreeWriterOptions) {
    this.#root = root;
    this.#system = options.system;
    this.#attributes = new EntryAttributes(options.system, options.owner, options.owners);
    this.#base = options.base ?? '';
    this.#check = options.check;
    this.#replace = options.replace;
    this.#warn = options.warn;
    this.#growing = options.growing;
    this.#sync = options.sync === true;
    const { owners } = options;
    if (owners !== undefined) root.onMade = (path) => giveToRoot(root, path, owners);
  }

  /**
   * Where an entry belongs; undefined for the base directory itself. Makes its parents.
   * @throws TcomposeError IMAGE_ARCHIVE when a parent is not a directory
   */
  place(entry: TarEntry): Place | undefined {
    const path = archivePath(entry.name);
    if (path === '') return undefined;
    try {
      const place = this.#root.place(joined(this.#base, path));
      this.#check?.(place.path);
      return place;
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR')
        throw archiveError(`${shownName(entry.name)} is inside something that is not a directory`, error);
      if (errnoOf(error) === 'ELOOP')
        throw archiveError(`${shownName(entry.name)} passes through too many symbolic links`, error);
      throw error;
    }
  }

  /** Writes one entry; `data` is positioned at the entry's data. */
  async write(entry: TarEntry, data: TarReader): Promise<void> {
    if (!this.#sync) await this.#turn();
    const place = this.place(entry);
    // The root exists, and stays as it is.
    if (place === undefined) return;
    if (entry.type === 'directory') return this.#directory(place, entry);
    try {
      await this.#make(place, entry, data);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      await this.#clear(place, entry);
      await this.#again(entry, data);
    }
  }

  /** Makes an entry again after what was in its place was removed; it may exist again because its own path led through it. */
  async #again(entry: TarEntry, data: TarReader): Promise<void> {
    try {
      await this.#make(this.place(entry)!, entry, data);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      throw archiveError(`${shownName(entry.name)} is inside something that it replaces`, error);
    }
  }

  /** Sets the attributes that had to wait, deepest directories first, and reports what was left out. */
  async finish(): Promise<void> {
    const byDepth = [...this.#directories]
      .map(([path, entry]) => ({ path, entry, depth: path.split('/').length }))
      .sort((a, b) => b.depth - a.depth);
    for (const { path, entry } of byDepth) {
      if (!this.#sync) await this.#turn();
      this.#settle(path, entry);
    }
    this.#attributes.report(this.#warn);
  }

  async #directory(place: Place, entry: TarEntry): Promise<void> {
    try {
      makeDirectoryAt(place.directory, place.name, 0o700);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      const there = this.#root.at(place);
      there?.close();
      if (there?.stat.isDirectory()) this.#replace?.(there, entry);
      else {
        await this.#clear(place, entry);
        const { directory, name } = this.place(entry)!;
        makeDirectoryAt(directory, name, 0o700);
      }
    }
    this.#directories.set(place.path, entry);
  }

  /** Sets a directory's attributes, when nothing more is put into it. */
  #settle(path: string, entry: TarEntry): void {
    const fd = this.#openDirectory(path);
    if (fd === undefined) {
      const there = this.#root.find(path);
      if (there?.stat.isDirectory()) this.#attributes.set(there, entry);
      there?.close();
      return;
    }
    try {
      this.#attributes.setOpen(fd, entry);
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Opens it for reading, because then each attribute takes a single call; undefined if that is not permitted or it is
   * not a directory.
   */
  #openDirectory(path: string): number | undefined {
    try {
      const { directory, name } = this.#root.place(path, false);
      return openName(directory, name, readDirectory);
    } catch (error) {
      if (errnoOf(error) === '') throw error;
      return undefined;
    }
  }

  /** Removes what is in an entry's place. */
  async #clear(place: Place, entry: TarEntry): Promise<void> {
    const there = this.#root.find(place.path);
    if (there === undefined) return;
    there.close();
    this.#replace?.(there, entry);
    await this.#root.remove(place.path);
    for (const known of this.#directories.keys())
      if (known === place.path || known.startsWith(`${place.path}/`)) this.#directories.delete(known);
  }

  /** @throws EEXIST before any data is read */
  async #make(place: Place, entry: TarEntry, data: TarReader): Promise<void> {
    if (entry.type === 'file') return this.#file(place, entry, data);
    if (entry.type === 'hardlink') return this.#hardLink(place, entry);
    if (entry.type === 'symlink') symlinkAt(cName(entry.linkName), place.directory, place.name);
    else if (entry.type === 'directory' || !this.#node(place, entry, nodeType[entry.type])) return;
    const made = this.#root.at(place);
    if (made !== undefined && made.stat.isSymbolicLink() === (entry.type === 'symlink'))
      this.#attributes.set(made, entry);
    made?.close();
  }

  async #file(place: Place, entry: TarEntry, data: TarReader): Promise<void> {
    const fd = openName(place.directory, place.name, exclusive, 0o600);
    try {
      this.#growing?.(place.path, entry.sparse?.size ?? entry.size, entry.size);
      if (entry.sparse === undefined) await this.#content(fd, entry.size, data);
      else await this.#pieces(fd, entry.sparse, data);
      this.size += entry.sparse?.size ?? entry.size;
      this.#attributes.setOpen(fd, entry);
    } finally {
      closeSync(fd);
    }
  }

  async #content(fd: number, size: number, data: TarReader): Promise<void> {
    while (data.left > 0) {
      const piece = data.readAtHand() ?? (await data.read())!;
      if (this.#sync) putAll(fd, piece, null);
      else await this.#put(fd, piece, null, size);
    }
  }

  /** Writes a file with holes: the gaps between its pieces take no space. */
  async #pieces(fd: number, { size, pieces }: SparseMap, data: TarReader): Promise<void> {
    ftruncateSync(fd, size);
    let piece: Buffer = Buffer.alloc(0);
    for (const [offset, length] of pieces) {
      for (let done = 0; done < length; ) {
        if (piece.length === 0) piece = (await data.read())!;
        const part = piece.subarray(0, length - done);
        await this.#put(fd, part, offset + done, size);
        done += part.length;
        piece = piece.subarray(part.length);
      }
    }
  }

  async #put(fd: number, piece: Buffer, position: number | null, size: number): Promise<void> {
    if (this.#sync || size < largeFile) return putAll(fd, piece, position);
    for (let at = 0; at < piece.length; ) {
      const to = position === null ? null : position + at;
      at += (await writeAsync(fd, piece, at, piece.length - at, to)).bytesWritten;
    }
  }

  #hardLink(place: Place, entry: TarEntry): void {
    const names = `${shownName(entry.name)} is a hard link to ${shownName(entry.linkName)}`;
    const path = archivePath(entry.linkName);
    let target: ConfinedEntry | undefined;
    let from: Place;
    try {
      from = this.#root.place(joined(this.#base, path), false);
      target = this.#root.at(from);
    } catch (error) {
      throw archiveError(`${names}, which is not in the archive before it`, error);
    }
    target?.close();
    if (target === undefined) throw archiveError(`${names}, which is not in the archive before it`);
    if (target.stat.isDirectory()) throw archiveError(`${names}, which is a directory`);
    // Finding the one may have closed the other's directory, so both places are looked up again.
    const to = this.#root.place(place.path, false);
    const again = this.#root.place(from.path, false);
    linkAt(again.directory, again.name, to.directory, to.name);
    // The entry's attributes apply to the file, under all its names.
    const made = this.#root.at(to);
    if (made !== undefined) this.#attributes.set(made, entry);
    made?.close();
  }

  #node(place: Place, entry: TarEntry, type: number): boolean {
    if (type !== nodeType.fifo && (entry.major > mostMajor || entry.minor > mostMinor))
      throw archiveError(`${shownName(entry.name)} is a device of a number that Linux does not have`);
    try {
      this.#system.makeNode(place.directory, place.name, type | 0o600, entry.major, entry.minor);
      return true;
    } catch (error) {
      if (errnoOf(error) !== 'EPERM') throw error;
      this.#attributes.skip('device nodes may not be made here', entry.name);
      return false;
    }
  }
}
