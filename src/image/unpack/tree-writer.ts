import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  write as writeCallback,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import type { ConfinedDirectory, Place } from '../../confined/confined-directory.ts';
import { isOverlayAttribute } from '../../confined/copy-tree.ts';
import type { ConfinedEntry } from '../../confined/entry.ts';
import { cName, joined } from '../../confined/names.ts';
import { turns } from '../../confined/turns.ts';
import {
  changeOwnerOf,
  changeTimesOf,
  changeTimesOfFile,
  linkAt,
  makeDirectoryAt,
  symlinkAt,
} from '../../sys/at-calls.ts';
import { openName } from '../../sys/openat2.ts';
import { archiveError, shownName } from '../../tar/archive-error.ts';
import type { SparseMap } from '../../tar/sparse.ts';
import type { TarEntry, TarReader } from '../../tar/tar-reader.ts';
import { errnoOf, type LayerSystem } from './layer-system.ts';

export interface TreeWriterOptions {
  readonly system: Pick<LayerSystem, 'makeNode' | 'setExtendedAttribute'>;
  /** Who gets the files: whom the archive names, this process's user (a user namespace with one id), or these. */
  readonly owner: 'archive' | 'own' | { readonly uid: number; readonly gid: number };
  /** Directory of the root that the archive's names are relative to. */
  readonly base?: string;
  /** Throws where nothing may be written at a path. */
  readonly check?: (path: string) => void;
  /** Throws where what is there may not be replaced by the entry, or a directory's attributes not be altered. */
  readonly replace?: (there: ConfinedEntry, entry: TarEntry) => void;
  readonly warn: (message: string) => void;
  /** Told of a file before it is written: its size, and how much of it is no hole. Throws where that is too much. */
  readonly growing?: (path: string, size: number, stored: number) => void;
  /** This thread may wait for the disk. */
  readonly sync?: boolean;
}

const writeAsync = promisify(writeCallback);
const exclusive = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const nodeType = { char: constants.S_IFCHR, block: constants.S_IFBLK, fifo: constants.S_IFIFO } as const;
/** Pieces of files at least this large are written off the main thread, which may block on a full page cache. */
const largeFile = 1024 * 1024;
/** Attributes that a file system or a security module may refuse without the rest being worth less. */
const unfit = ['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EACCES', 'EINVAL', 'ERANGE'];

const isName = (part: string): boolean => part !== '' && part !== '.';

/** Bytes of a path that the kernel takes, its NUL aside. */
const longestName = 4095;

function putAll(fd: number, piece: Buffer, position: number | null): void {
  for (let at = 0; at < piece.length; )
    at += writeSync(fd, piece, at, piece.length - at, position === null ? null : position + at);
}

/**
 * Splits an archive's name into its parts; leading slashes and `.` count for nothing, `..` takes the part before it away,
 * and the empty list is the root.
 * @throws TcomposeError IMAGE_ARCHIVE for a name that leads out, or is longer than any path may be
 */
export function archiveParts(name: string): string[] {
  if (name.length > longestName) throw archiveError(`${shownName(name)} is too long for a file name`);
  const split = name.split('/');
  const parts = split.every(isName) ? split : split.filter(isName);
  if (!parts.includes('..')) return parts;
  const clean: string[] = [];
  for (const part of parts) {
    if (part !== '..') clean.push(part);
    else if (clean.pop() === undefined) throw archiveError(`${shownName(name)} leads out by ".."`);
  }
  return clean;
}

/**
 * Writes the entries of an archive into a directory tree: owners, modes with setuid bits, times, extended attributes, hard
 * links and device nodes as the archive has them. Every entry is written, and given its attributes, by descriptor.
 */
export class TreeWriter {
  readonly #root: ConfinedDirectory;
  readonly #options: TreeWriterOptions;
  readonly #base: string;
  readonly #turn = turns();
  /** Attributes of directories, set when nothing more is put into them. */
  readonly #directories = new Map<string, TarEntry>();
  readonly #skipped = new Map<string, { count: number; example: string }>();
  #strays: { readonly first: string; readonly count: number } | undefined;
  /** Bytes of file data. */
  size = 0;

  constructor(root: ConfinedDirectory, options: TreeWriterOptions) {
    this.#root = root;
    this.#options = options;
    this.#base = options.base ?? '';
  }

  /**
   * The place of an entry; undefined for the base directory itself. Makes its parents.
   * @throws TcomposeError IMAGE_ARCHIVE when a parent is no directory
   */
  place(entry: TarEntry): Place | undefined {
    const parts = archiveParts(entry.name);
    if (parts.length === 0) return undefined;
    try {
      const place = this.#root.place(joined(this.#base, parts.join('/')));
      this.#options.check?.(place.path);
      return place;
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR')
        throw archiveError(`${shownName(entry.name)} lies in something that is not a directory`, error);
      if (errnoOf(error) === 'ELOOP')
        throw archiveError(`${shownName(entry.name)} goes through too many symbolic links`, error);
      throw error;
    }
  }

  /** Writes one entry, whose data `data` is at. */
  async write(entry: TarEntry, data: TarReader): Promise<void> {
    if (this.#options.sync !== true) await this.#turn();
    const place = this.place(entry);
    // The root is there, and stays as it is.
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

  /** A way that led through what was taken away has made it anew. */
  async #again(entry: TarEntry, data: TarReader): Promise<void> {
    try {
      await this.#make(this.place(entry)!, entry, data);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      throw archiveError(`${shownName(entry.name)} lies in something that it replaces`, error);
    }
  }

  /** Sets what had to wait, deepest directories first, and reports what was left out. */
  async finish(): Promise<void> {
    const byDepth = [...this.#directories].sort(([a], [b]) => b.split('/').length - a.split('/').length);
    for (const [path, entry] of byDepth) {
      await this.#turn();
      const there = this.#root.find(path);
      if (there?.stat.isDirectory()) this.#attributes(there, entry);
      there?.close();
    }
    for (const [what, { count, example }] of this.#skipped)
      this.#options.warn(`${what}: ${count} left out, the first at ${shownName(example)}`);
    const strays = this.#strays;
    if (strays !== undefined)
      this.#options.warn(
        `${strays.count} files of ids that there are none of here are root's: the first is ${strays.first}`,
      );
  }

  async #directory(place: Place, entry: TarEntry): Promise<void> {
    const there = this.#root.at(place);
    there?.close();
    if (there?.stat.isDirectory()) this.#options.replace?.(there, entry);
    else {
      if (there !== undefined) await this.#clear(place, entry);
      const { directory, name } = there === undefined ? place : this.place(entry)!;
      makeDirectoryAt(directory, name, 0o700);
    }
    this.#directories.set(place.path, entry);
  }

  /** Takes away what is in an entry's place. */
  async #clear(place: Place, entry: TarEntry): Promise<void> {
    const there = this.#root.find(place.path);
    if (there === undefined) return;
    there.close();
    this.#options.replace?.(there, entry);
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
      this.#attributes(made, entry);
    made?.close();
  }

  async #file(place: Place, entry: TarEntry, data: TarReader): Promise<void> {
    const fd = openName(place.directory, place.name, exclusive, 0o600);
    try {
      this.#options.growing?.(place.path, entry.sparse?.size ?? entry.size, entry.size);
      if (entry.sparse === undefined) await this.#content(fd, entry.size, data);
      else await this.#pieces(fd, entry.sparse, data);
      this.size += entry.sparse?.size ?? entry.size;
      const mode = this.#give(entry, (uid, gid) => fchownSync(fd, uid, gid));
      this.#extendedAttributes(fd, entry);
      // Behind chown, which clears the setuid bit.
      fchmodSync(fd, mode);
      changeTimesOfFile(fd, entry.mtime, entry.nanoseconds);
    } finally {
      closeSync(fd);
    }
  }

  async #content(fd: number, size: number, data: TarReader): Promise<void> {
    while (data.left > 0) {
      const piece = data.readAtHand() ?? (await data.read())!;
      if (this.#options.sync === true) putAll(fd, piece, null);
      else await this.#put(fd, piece, null, size);
    }
  }

  /** A file with holes: what lies between its pieces takes no room. */
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
    if (this.#options.sync === true || size < largeFile) return putAll(fd, piece, position);
    for (let at = 0; at < piece.length; ) {
      const to = position === null ? null : position + at;
      at += (await writeAsync(fd, piece, at, piece.length - at, to)).bytesWritten;
    }
  }

  #hardLink(place: Place, entry: TarEntry): void {
    const names = `${shownName(entry.name)} is a hard link to ${shownName(entry.linkName)}`;
    const parts = archiveParts(entry.linkName);
    let target: ConfinedEntry | undefined;
    let from: Place;
    try {
      from = this.#root.place(joined(this.#base, parts.join('/')), false);
      target = this.#root.at(from);
    } catch (error) {
      throw archiveError(`${names}, which is not in the archive before it`, error);
    }
    target?.close();
    if (target === undefined) throw archiveError(`${names}, which is not in the archive before it`);
    if (target.stat.isDirectory()) throw archiveError(`${names}, which is a directory`);
    // Asking for the one may have closed the other's directory.
    const to = this.#root.place(place.path, false);
    const again = this.#root.place(from.path, false);
    linkAt(again.directory, again.name, to.directory, to.name);
    // What the entry says counts for the file, under all its names.
    const made = this.#root.at(to);
    if (made !== undefined) this.#attributes(made, entry);
    made?.close();
  }

  #node(place: Place, entry: TarEntry, type: number): boolean {
    try {
      this.#options.system.makeNode(place.directory, place.name, type | 0o600, entry.major, entry.minor);
      return true;
    } catch (error) {
      if (errnoOf(error) !== 'EPERM') throw error;
      this.#skip('device nodes may not be made here', entry.name);
      return false;
    }
  }

  #owner(entry: TarEntry): { readonly uid: number; readonly gid: number } | undefined {
    const { owner } = this.#options;
    return owner === 'archive' ? entry : owner === 'own' ? undefined : owner;
  }

  /**
   * Gives a file to its owner, and returns the mode it may have. What belongs to an id that this user namespace lacks, so that no process here can
   * ever have it, is root's, and no program of that id.
   */
  #give(entry: TarEntry, change: (uid: number, gid: number) => void): number {
    const owner = this.#owner(entry);
    if (owner === undefined) return entry.mode;
    try {
      change(owner.uid, owner.gid);
      return entry.mode;
    } catch (error) {
      if (this.#options.owner !== 'archive' || errnoOf(error) !== 'EINVAL') throw error;
      change(0, 0);
      const first = `${shownName(entry.name)} of ${entry.uid}:${entry.gid}`;
      this.#strays = { first, ...this.#strays, count: (this.#strays?.count ?? 0) + 1 };
      return entry.mode & 0o1777;
    }
  }

  #attributes(made: ConfinedEntry, entry: TarEntry): void {
    const mode = this.#give(entry, (uid, gid) => changeOwnerOf(made.fd, uid, gid));
    this.#extendedAttributes(made.fd, entry);
    if (!made.stat.isSymbolicLink()) chmodSync(`/proc/self/fd/${made.fd}`, mode);
    changeTimesOf(made.fd, entry.mtime, entry.nanoseconds);
  }

  #extendedAttributes(fd: number, entry: TarEntry): void {
    for (const [name, value] of entry.xattrs) {
      // An archive may not speak to overlayfs: a redirect would show other directories of the layers below.
      if (isOverlayAttribute(name)) {
        this.#skip(`extended attribute ${JSON.stringify(name)} is overlayfs's own`, entry.name);
        continue;
      }
      try {
        this.#options.system.setExtendedAttribute(fd, name, value);
      } catch (error) {
        if (!unfit.includes(errnoOf(error))) throw error;
        this.#skip(
          `extended attribute ${JSON.stringify(name)} can not be set (${errnoOf(error)})`,
          entry.name,
        );
      }
    }
  }

  #skip(what: string, name: string): void {
    const known = this.#skipped.get(what);
    if (known === undefined) this.#skipped.set(what, { count: 1, example: name });
    else known.count++;
  }
}
