import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  write as writeCallback,
  writeSync,
} from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ConfinedRoot } from './confined-root.ts';
import { errnoOf, type LayerSystem } from './layer-system.ts';
import { archiveError, shownName } from './tar/archive-error.ts';
import type { TarEntry, TarReader } from './tar/tar-reader.ts';

export interface LayerWriterOptions {
  readonly system: LayerSystem;
  /** overlayfs in a user namespace keeps its marks in `user.overlay.*`. */
  readonly userxattr: boolean;
  /** False: everything belongs to this process's user (a user namespace with one id). */
  readonly ownership: boolean;
  readonly warn: (message: string) => void;
}

export interface LayerStatistics {
  /** Bytes of file data. */
  readonly size: number;
  readonly entries: number;
}

const writeAsync = promisify(writeCallback);
const exclusive = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const nodeType = { char: constants.S_IFCHR, block: constants.S_IFBLK, fifo: constants.S_IFIFO } as const;
const whiteoutPrefix = '.wh.';
const opaqueMarker = '.wh..wh..opq';
/** Pieces of files at least this large are written off the main thread, which may block on a full page cache. */
const largeFile = 1024 * 1024;
/** Milliseconds of work after which others get their turn. */
const turn = 8;

/**
 * Unpacks one layer (OCI image-spec, "Image Layer Filesystem Changeset") into the directory `root`: owners, modes with
 * setuid bits, times, extended attributes, hard links and device nodes as the archive has them; whiteouts and opaque
 * directories in overlayfs's own form.
 * @throws TcomposeError IMAGE_ARCHIVE for what no layer may hold; errors of the file system as they are (ENOSPC)
 */
export async function writeLayer(
  reader: TarReader,
  root: string,
  options: LayerWriterOptions,
): Promise<LayerStatistics> {
  const writer = new LayerWriter(root, options);
  let since = performance.now();
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    await writer.write(entry, reader);
    if (performance.now() - since > turn) {
      await nextTurn();
      since = performance.now();
    }
  }
  writer.finish();
  return { size: writer.size, entries: writer.entries };
}

class LayerWriter {
  readonly #root: ConfinedRoot;
  readonly #options: LayerWriterOptions;
  /** Attributes of directories, set when nothing more is put into them. */
  readonly #directories = new Map<string, TarEntry>();
  readonly #skipped = new Map<string, { count: number; example: string }>();
  size = 0;
  entries = 0;

  constructor(root: string, options: LayerWriterOptions) {
    this.#root = new ConfinedRoot(root);
    this.#options = options;
  }

  async write(entry: TarEntry, data: TarReader): Promise<void> {
    this.entries++;
    const place = this.#root.place(entry.name);
    const base = place.slice(place.lastIndexOf('/') + 1);
    if (base.startsWith(whiteoutPrefix)) return this.#whiteout(place, base, entry);
    if (place === '' && entry.type !== 'directory') throw archiveError('its root is not a directory');
    if (entry.type === 'directory') return this.#directory(place, entry);
    if (this.#root.stat(place) !== undefined) {
      this.#root.remove(place);
      this.#forget(place);
    }
    const path = this.#root.path(place);
    if (entry.type === 'file') return this.#file(path, entry, data);
    if (entry.type === 'hardlink') return this.#hardLink(path, entry);
    if (entry.type === 'symlink') symlinkSync(Buffer.from(entry.linkName, 'latin1'), path);
    else if (!this.#node(path, entry, nodeType[entry.type])) return;
    this.#attributes(path, entry);
    if (entry.type !== 'symlink') chmodSync(path, entry.mode);
    lutimesSync(path, entry.mtime, entry.mtime);
  }

  /** Sets what had to wait, deepest directories first, and reports what was left out. */
  finish(): void {
    const byDepth = [...this.#directories].sort(([a], [b]) => b.split('/').length - a.split('/').length);
    for (const [relative, entry] of byDepth) {
      const path = this.#root.path(relative);
      this.#attributes(path, entry);
      chmodSync(path, entry.mode);
      utimesSync(path, entry.mtime, entry.mtime);
    }
    for (const [what, { count, example }] of this.#skipped)
      this.#options.warn(`${what}: ${count} left out, the first at ${shownName(example)}`);
  }

  #directory(place: string, entry: TarEntry): void {
    if (place !== '') {
      const stat = this.#root.stat(place);
      if (stat !== undefined && !stat.isDirectory()) this.#root.remove(place);
      if (stat === undefined || !stat.isDirectory()) mkdirSync(this.#root.path(place), 0o700);
      this.#root.made(place);
    }
    this.#directories.set(place, entry);
  }

  async #file(path: Buffer, entry: TarEntry, data: TarReader): Promise<void> {
    const fd = openSync(path, exclusive, 0o600);
    try {
      for (let piece = await data.read(); piece !== undefined; piece = await data.read()) {
        for (let at = 0; at < piece.length; ) {
          if (entry.size >= largeFile) at += (await writeAsync(fd, piece, at)).bytesWritten;
          else at += writeSync(fd, piece, at);
        }
      }
      this.size += entry.size;
      if (this.#options.ownership) fchownSync(fd, entry.uid, entry.gid);
      this.#extendedAttributes(path, entry);
      // Behind chown, which clears the setuid bit.
      fchmodSync(fd, entry.mode);
      futimesSync(fd, entry.mtime, entry.mtime);
    } finally {
      closeSync(fd);
    }
  }

  #hardLink(path: Buffer, entry: TarEntry): void {
    const parts = ConfinedRoot.parts(entry.linkName);
    const base = parts.pop();
    const parent = this.#root.directory(parts, false);
    const target =
      base === undefined || parent === undefined ? undefined : parent === '' ? base : `${parent}/${base}`;
    const stat = target === undefined ? undefined : this.#root.stat(target);
    const names = `${shownName(entry.name)} is a hard link to ${shownName(entry.linkName)}`;
    if (target === undefined || stat === undefined)
      throw archiveError(`${names}, which is not in the archive before it`);
    if (stat.isDirectory()) throw archiveError(`${names}, which is a directory`);
    linkSync(this.#root.path(target), path);
  }

  #node(path: Buffer, entry: TarEntry, type: number): boolean {
    try {
      this.#options.system.makeNode(path, type | 0o600, entry.major, entry.minor);
      return true;
    } catch (error) {
      if (errnoOf(error) !== 'EPERM') throw error;
      this.#skip('device nodes may not be made here', entry.name);
      return false;
    }
  }

  /** Whiteouts act on the layers below, never on what this layer holds itself. */
  #whiteout(place: string, base: string, entry: TarEntry): void {
    const parent = place.slice(0, Math.max(0, place.length - base.length - 1));
    if (base === opaqueMarker) {
      const name = `${this.#options.userxattr ? 'user' : 'trusted'}.overlay.opaque`;
      this.#options.system.setExtendedAttribute(this.#root.path(parent), name, Buffer.from('y'));
      return;
    }
    // Other names with a doubled prefix are aufs's bookkeeping.
    if (base.startsWith(whiteoutPrefix + whiteoutPrefix)) return;
    const hidden = base.slice(whiteoutPrefix.length);
    if (hidden === '' || hidden === '.' || hidden === '..')
      throw archiveError(`${shownName(entry.name)} hides no name`);
    const target = parent === '' ? hidden : `${parent}/${hidden}`;
    if (this.#root.stat(target) !== undefined) return;
    this.#options.system.makeNode(this.#root.path(target), constants.S_IFCHR, 0, 0);
  }

  #attributes(path: Buffer, entry: TarEntry): void {
    if (this.#options.ownership) lchownSync(path, entry.uid, entry.gid);
    this.#extendedAttributes(path, entry);
  }

  #extendedAttributes(path: Buffer, entry: TarEntry): void {
    for (const [name, value] of entry.xattrs) {
      // An archive may not speak to overlayfs: a redirect would show other directories of the layers below.
      if (/^(trusted|user)\.overlay\./.test(name)) {
        this.#skip(`extended attribute ${JSON.stringify(name)} is overlayfs's own`, entry.name);
        continue;
      }
      try {
        this.#options.system.setExtendedAttribute(path, name, value);
      } catch (error) {
        if (!['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL', 'ERANGE'].includes(errnoOf(error))) throw error;
        this.#skip(
          `extended attribute ${JSON.stringify(name)} can not be set (${errnoOf(error)})`,
          entry.name,
        );
      }
    }
  }

  #forget(place: string): void {
    for (const known of this.#directories.keys())
      if (known === place || known.startsWith(`${place}/`)) this.#directories.delete(known);
  }

  #skip(what: string, name: string): void {
    const known = this.#skipped.get(what);
    if (known === undefined) this.#skipped.set(what, { count: 1, example: name });
    else known.count++;
  }
}
