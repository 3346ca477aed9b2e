import { close, closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { constants as os } from 'node:os';
import { promisify } from 'node:util';
import { errnoNameOf, makeDirectoryAt, readLinkOf, removeDirectoryAt, unlinkAt } from '../sys/at-calls.ts';
import { SystemCallError } from '../sys/libc.ts';
import { O_PATH, openName, openNameOfMount } from '../sys/openat2.ts';
import { DescriptorCache } from './descriptor-cache.ts';
import { ConfinedEntry } from './entry.ts';
import type { LentTree } from './lent-tree.ts';
import { baseOf, cName, isWithin, joined, parentOf } from './names.ts';
import { removedElsewhere } from './remove-large.ts';
import { turns } from './turns.ts';

/** Most descriptors of directories that one root keeps open. */
const mostOpen = 64;
/** path_resolution(7): the kernel's limit of links in one look-up. */
const mostLinks = 40;
/** Most bytes of a path: deeper trees are not entered. */
const longestPath = 64 * 1024;
const closeAsync = promisify(close);
/** How often to empty a directory into which others keep putting something. */
const mostRounds = 10;
const asItself = O_PATH | constants.O_NOFOLLOW;

/** A place for a new entry. `directory` is lent: it is valid until the root is asked for something else. */
export interface Place {
  readonly directory: number;
  readonly name: Buffer;
  readonly path: string;
}

/**
 * A directory tree that a container, an image or an archive can change: a running root, layers, a volume, a bind. Every
 * path is resolved here, one name after the other, each opened in the descriptor of its parent, without letting the
 * kernel follow links; links are read and followed inside the tree. So nothing that is renamed or replaced meanwhile
 * leads out of it, and what was checked is what is used. Paths: see names.ts. Errors of the system are
 * SystemCallErrors.
 */
export class ConfinedDirectory {
  readonly #root: number;
  readonly #directories = new DescriptorCache(mostOpen);
  readonly #covers = new Map<string, number>();

  /** Paths for which `standIn` is shown. */
  readonly #stoodIn = new Set<string>();
  readonly #standIn: number | undefined;
  #lent = false;
  #closed = false;
  /** Called for each missing parent that was made. */
  onMade: ((path: string) => void) | undefined;

  /**
   * Takes over the descriptor of the root directory, and that of an empty directory, which is shown where a cover's
   * parents are missing.
   */
  constructor(rootFd: number, standIn?: number) {
    this.#root = rootFd;
    this.#standIn = standIn;
  }

  /** The tree at a host path that only the engine can change. @throws ENOENT, ENOTDIR */
  static at(path: string): ConfinedDirectory {
    return new ConfinedDirectory(openSync(path, O_PATH | constants.O_DIRECTORY));
  }

  /** The tree that another thread lends; closing it leaves the lent descriptors open. */
  static borrow({ root, standIn, covers }: LentTree): ConfinedDirectory {
    const tree = new ConfinedDirectory(root, standIn);
    for (const [path, fd] of covers) tree.#covers.set(path, fd);
    tree.#lent = true;
    return tree;
  }

  /** For a thread that borrows it; this must stay open, and not get more covers, until the thread is done. */
  lend(): LentTree {
    return { root: this.#root, standIn: this.#standIn, covers: this.#covers };
  }

  /**
   * Puts `fd`, which is taken over, over `path`, like a mount; links on the way are followed. A place that does not
   * exist, and its parents, can then be read, but contain nothing else.
   * @returns the path that it covers
   */
  cover(path: string, fd: number): string {
    const at = this.#settle(path);
    const before = this.#covers.get(at);
    if (before !== undefined) closeSync(before);
    this.#covers.set(at, fd);
    this.#directories.forget(at);
    return at;
  }

  /** What is at `path`; undefined when there is nothing. If the last part is a link, it is followed with `follow`. */
  find(path: string, follow = false): ConfinedEntry | undefined {
    try {
      return this.#walk(path, follow);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(errnoNameOf(error) ?? '')) return undefined;
      throw error;
    }
  }

  /** An entry at a canonical path by its descriptor, which the caller keeps. */
  held(path: string, fd: number): ConfinedEntry {
    return new ConfinedEntry(path, copyOf(fd));
  }

  /** Names in a directory, including covers; sorted. */
  async names(directory: ConfinedEntry): Promise<string[]> {
    const names = await directory.names();
    const covers = [...this.#covers.keys()]
      .filter((path) => path !== directory.path && isWithin(path, directory.path))
      .map((path) => path.slice(directory.path === '' ? 0 : directory.path.length + 1).split('/', 1)[0]!);
    return covers.length === 0 ? names : [...new Set([...names, ...covers])].sort();
  }

  /**
   * The place of a new entry: its parents are resolved, and made (0755) if missing unless `make` is false.
   * @throws ENOENT, ENOTDIR, EBUSY if a cover is over it
   */
  place(path: string, make = true): Place {
    const parent = this.#directory(parentOf(path), make);
    const name = baseOf(path);
    if (name === '' || name === '.' || name === '..') throw failed('a name', os.errno.EINVAL);
    const at = joined(parent, name);
    if (this.#covers.has(at)) throw failed(`${at} is a mount point`, os.errno.EBUSY);
    return { directory: this.#descriptor(parent), name: cName(name), path: at };
  }

  /** The entry at a place; links are not followed. */
  at(place: Place): ConfinedEntry | undefined {
    try {
      return new ConfinedEntry(place.path, openName(place.directory, place.name, asItself));
    } catch (error) {
      if (errnoNameOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /**
   * Removes what is at `path` (with its parents resolved) and everything below; links are not followed. Idempotent.
   * @throws EBUSY if a cover is over it
   */
  async remove(path: string, turn = turns()): Promise<void> {
    if ([...this.#covers.keys()].some((cover) => isWithin(cover, path)))
      throw failed(`${path} has a mount point in it`, os.errno.EBUSY);
    await turn();
    for (let rounds = 0; !(await this.#unlinked(path)); rounds++) {
      // It is a directory; what is put into it meanwhile is removed in the next round.
      const entry = this.find(path);
      if (!entry?.stat.isDirectory()) {
        entry?.close();
        continue;
      }
      const names = await entry.names().finally(() => entry.close());
      for (const name of names) await this.remove(joined(path, name), turn);
      this.#directories.forget(path);
      if (this.#directoryGone(path, rounds < mostRounds)) return;
    }
  }

  /** To be called when a directory's name will refer to something else. */
  forget(path: string): void {
    this.#directories.forget(path);
  }

  /** Closes all descriptors; idempotent. */
  close(): void {
    for (const fd of this.#given()) closeSync(fd);
  }

  /**
   * The same in another thread, for a tree that is mounted only for its descriptor: when the last descriptor is closed,
   * the kernel drops its files one by one. Resolves when that is done.
   */
  async closeElsewhere(): Promise<void> {
    await Promise.all(this.#given().map((fd) => closeAsync(fd)));
  }

  /** The descriptors to close, once. */
  #given(): number[] {
    if (this.#closed) return [];
    this.#closed = true;
    this.#directories.forget('');
    if (this.#lent) return [];
    return [this.#root, this.#standIn, ...this.#covers.values()].filter((fd) => fd !== undefined);
  }

  /** Removes one name; false when it is a directory's. */
  async #unlinked(path: string): Promise<boolean> {
    try {
      if (await removedElsewhere(this.place(path, false))) return true;
      const { directory, name } = this.place(path, false);
      unlinkAt(directory, name);
      return true;
    } catch (error) {
      const errno = errnoNameOf(error);
      if (errno === 'ENOENT') return true;
      if (errno !== 'EISDIR') throw error;
      this.#refuseMount(path);
      return false;
    }
  }

  /** A mount in a tree belongs to somebody else and is not removed with it. */
  #refuseMount(path: string): void {
    const { directory, name } = this.place(path, false);
    try {
      closeSync(openNameOfMount(directory, name, asItself));
    } catch (error) {
      const errno = errnoNameOf(error);
      if (errno === 'EXDEV') throw failed(`${path} has something mounted on it`, os.errno.EBUSY);
      if (errno !== 'ENOENT') throw error;
    }
  }

  /** Removes an empty directory; false when it may be tried again. */
  #directoryGone(path: string, again: boolean): boolean {
    try {
      const { directory, name } = this.place(path, false);
      removeDirectoryAt(directory, name);
      return true;
    } catch (error) {
      const errno = errnoNameOf(error);
      if (errno === 'ENOENT') return true;
      if (again && (errno === 'ENOTEMPTY' || errno === 'ENOTDIR')) return false;
      throw error;
    }
  }

  /** Canonical path of the directory at `path`, with links followed; missing parts are made if `make`. */
  #directory(path: string, make: boolean): string {
    const known = this.#directories.get(path);
    if (path === '' || (known !== undefined && !(make && this.#stoodIn.has(path)))) return path;
    const entry = this.#walk(path, true, make);
    if (entry.stat.isDirectory()) {
      if (entry.path === '') entry.close();
      else this.#directories.put(entry.path, entry.fd);
      return entry.path;
    }
    entry.close();
    throw failed(path, os.errno.ENOTDIR);
  }

  #walk(path: string, follow: boolean, make = false): ConfinedEntry {
    let here = make && this.#stoodIn.size > 0 ? '' : this.#known(path);
    const pending = partsOf(path.slice(here.length));
    let links = 0;
    for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
      if (part === '..') {
        here = parentOf(here);
        continue;
      }
      const last = pending.length === 0;
      const next = joined(here, part);
      if (next.length > longestPath) throw failed('a path', os.errno.ENAMETOOLONG);
      if (make && this.#stoodIn.delete(next)) this.#directories.forget(next);
      if (!last && this.#directories.get(next) !== undefined) {
        here = next;
        continue;
      }
      const fd = this.#open(here, part, next, make);
      const stat = fstatSync(fd);
      if (stat.isSymbolicLink() && (!last || follow)) {
        const text = linkTextOf(fd);
        if (++links > mostLinks) throw failed(path, os.errno.ELOOP);
        if (text.startsWith('/')) here = '';
        pending.push(...partsOf(text));
        continue;
      }
      if (last) return new ConfinedEntry(next, fd, stat);
      this.#enter(next, fd, stat);
      here = next;
    }
    return new ConfinedEntry(here, copyOf(this.#descriptor(here)));
  }

  /** The longest prefix of a path that is an open directory: deep trees are not resolved from the top each time. */
  #known(path: string): string {
    for (let at = parentOf(path); at !== ''; at = parentOf(at))
      if (this.#directories.get(at) !== undefined) return at;
    return '';
  }

  #enter(path: string, fd: number, stat: Stats): void {
    if (!stat.isDirectory()) {
      closeSync(fd);
      throw failed(path, os.errno.ENOTDIR);
    }
    this.#directories.put(path, fd);
  }

  /** A descriptor of one name in the directory `here`, which the caller closes; `path` is both together. */
  #open(here: string, name: string, path: string, make: boolean): number {
    const cover = this.#covers.get(path);
    if (cover !== undefined) return copyOf(cover);
    const parent = this.#descriptor(here);
    const bytes = cName(name);
    try {
      return openName(parent, bytes, asItself);
    } catch (error) {
      if (errnoNameOf(error) !== 'ENOENT') throw error;
      if (make) {
        const fd = makeAndOpen(parent, bytes);
        this.onMade?.(path);
        return fd;
      }
      if (this.#standIn === undefined || ![...this.#covers.keys()].some((one) => isWithin(one, path)))
        throw error;
      this.#stoodIn.add(path);
      return copyOf(this.#standIn);
    }
  }

  /** The descriptor, lent, of the directory at a canonical path. */
  #descriptor(path: string): number {
    const known = path === '' ? this.#root : this.#directories.get(path);
    if (known !== undefined) return known;
    // It had to be closed to make room; by now a link may be there, which leads to somewhere inside.
    const entry = this.#walk(path, true);
    this.#enter(path, entry.fd, entry.stat);
    return entry.fd;
  }

  /** Where a cover for `path` goes: links are followed as far as they lead. */
  #settle(path: string): string {
    const entry = this.find(path, true);
    if (entry !== undefined) {
      entry.close();
      return entry.path;
    }
    const parts = partsOf(path).reverse();
    const name = parts.pop();
    return name === undefined ? '' : joined(this.#settle(parts.join('/')), name);
  }
}

/** Parts of a path or a link's text, the first one last, without empty ones and `.`. */
const partsOf = (path: string): string[] =>
  path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse();

/** Another O_PATH descriptor of the same file. */
const copyOf = (fd: number): number => openSync(`/proc/self/fd/${fd}`, O_PATH);

function linkTextOf(fd: number): string {
  try {
    return readLinkOf(fd).toString('latin1');
  } finally {
    closeSync(fd);
  }
}

function makeAndOpen(parent: number, name: Buffer): number {
  try {
    makeDirectoryAt(parent, name, 0o755);
  } catch (error) {
    if (errnoNameOf(error) !== 'EEXIST') throw error;
  }
  return openName(parent, name, asItself);
}

const failed = (what: string, errno: number): SystemCallError =>
  new SystemCallError(Buffer.from(what, 'latin1').toString(), errno);
