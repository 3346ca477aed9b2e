import { chmodSync, closeSync, fchmodSync, fchownSync, fstatSync } from 'node:fs';
import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { exclusive, linkAgain, makeAlike } from '../../../confined/make-alike.ts';
import { baseOf, joined, parentOf, textOfPath } from '../../../confined/names.ts';
import { turns } from '../../../confined/turns.ts';
import { TcomposeError } from '../../../errors.ts';
import {
  changeOwnerOf,
  changeTimesOfFileTo,
  changeTimesTo,
  errnoNameOf,
  makeDirectoryAt,
} from '../../../sys/at-calls.ts';
import { openName } from '../../../sys/openat2.ts';
import { copyAttributes, copyBytes, copyFile } from './copy-bytes.ts';
import { ChangedMeanwhile, type Listing } from './listing.ts';
import type { ModeChange } from './mode-change.ts';
import type { Owner } from './owner.ts';
import type { Selected } from './select.ts';
import type { SourceTree } from './source-tree.ts';

/** As many links as the kernel follows. */
const mostLinks = 40;
/** The bit of a directory whose group is that of what is made in it. */
const setGroupId = 0o2000;
const nothing: ReadonlySet<string> = new Set();

export interface CopierOptions {
  /** `--chown`; undefined: the owner in the source. */
  readonly owner: Owner | undefined;
  readonly mode: ModeChange | undefined;
  /** Mode of directories that are made on the way. */
  readonly madeMode: number;
}

/** Where a copy goes: a path in the target, and whether its spelling says that it is a directory. */
export interface Destination {
  readonly path: string;
  readonly marked: boolean;
}

/** Copies selected sources into a tree, by the rules of COPY (dockerfile.md of the tests' reference, "COPY and ADD"). */
export class Copier {
  readonly #target: ConfinedDirectory;
  readonly #options: CopierOptions;
  /** Files with several names: where the first name of each inode went. */
  #links = new Map<string, string>();

  constructor(target: ConfinedDirectory, options: CopierOptions) {
    this.#target = target;
    this.#options = options;
  }

  /**
   * @param listing what is selected
   * @param there paths below a directory whose copies are in place already
   * @returns where it went: a file, or the directory that has the content
   * @throws ChangedMeanwhile when something is not what was listed, TcomposeError BUILD_STEP where a file and a directory would have
   * to replace each other
   */
  async copy(
    tree: SourceTree,
    one: Selected,
    destination: Destination,
    listing: Listing,
    there: ReadonlySet<string> = nothing,
  ): Promise<string> {
    this.#links = new Map();
    const into = one.parents === '' ? destination.path : await this.#parents(tree, one, destination.path);
    if (one.directory) {
      const named = one.parents !== '';
      const top = named ? joined(into, one.name) : this.#contentPlace(destination.path);
      await this.#content(tree, listing, { top, named, there });
      return top;
    }
    const marked = destination.marked || one.parents !== '';
    const to = this.fileTarget({ path: into, marked }, one.name);
    for (let at = 0; at < listing.length; at++)
      await opened(tree, listing, at, (entry) => this.#put(tree, entry, to));
    return to;
  }

  /** Where a file goes: into a directory under its own name, else to the destination itself, through a link that is there. */
  fileTarget({ path, marked }: Destination, name: string): string {
    const there = this.#followed(path);
    there?.close();
    if (marked || there?.stat.isDirectory() === true) {
      this.directory(path);
      return joined(there?.path ?? path, name);
    }
    if (there !== undefined) return there.path;
    const end = this.#endOfLinks(path);
    this.directory(parentOf(end));
    return end;
  }

  /** @throws TcomposeError BUILD_STEP when links form a loop */
  #followed(path: string): ConfinedEntry | undefined {
    try {
      return this.#target.find(path, true);
    } catch (error) {
      if (errnoNameOf(error) !== 'ELOOP') throw error;
      throw new TcomposeError('BUILD_STEP', `too many links at /${textOfPath(path)}`);
    }
  }

  /** The path that a dangling link names, also through further such links; other paths are returned as they are. */
  #endOfLinks(path: string): string {
    let at = path;
    for (let links = 0; links < mostLinks; links++) {
      const entry = this.#target.find(at);
      try {
        if (entry === undefined || !entry.stat.isSymbolicLink()) return at;
        const text = entry.linkText();
        at = text.startsWith('/') ? text.replace(/^\/+/, '') : joined(parentOf(entry.path), text);
      } finally {
        entry?.close();
      }
    }
    throw new TcomposeError('BUILD_STEP', `too many links at /${textOfPath(path)}`);
  }

  /**
   * Makes a directory and its missing parents: mode 0755 and owned by root, or as `--chown` and `--chmod` say.
   * @throws TcomposeError BUILD_STEP when something else is there
   */
  directory(path: string, mode = this.#options.madeMode): string {
    if (path === '') return '';
    const there = this.#target.find(path, true);
    if (there !== undefined) {
      there.close();
      if (there.stat.isDirectory()) return there.path;
      throw new TcomposeError('BUILD_STEP', `mkdir /${textOfPath(path)}: not a directory`);
    }
    const parent = this.directory(parentOf(path), mode);
    const at = joined(parent, baseOf(path));
    const link = this.#target.find(at);
    link?.close();
    // A dangling link: make what it names.
    if (link !== undefined) return parentOf(this.#target.place(joined(at, 'x')).path);
    const place = this.#target.place(at, false);
    makeDirectoryAt(place.directory, place.name, 0o755);
    const made = this.#target.find(at)!;
    const { owner } = this.#options;
    if (owner !== undefined) changeOwnerOf(made.fd, owner.uid, owner.gid);
    changeMadeMode(made, mode);
    made.close();
    return at;
  }

  /** Makes the directories that `--parents` keeps, with the attributes they have in the source. */
  async #parents(tree: SourceTree, one: Selected, to: string): Promise<string> {
    const names = one.parents.split('/');
    const above = one.path.slice(0, one.path.length - one.parents.length - one.name.length - 1);
    let at = this.directory(to);
    let from = above.endsWith('/') ? above.slice(0, -1) : above;
    for (const name of names) {
      from = joined(from, name);
      at = joined(at, name);
      const entry = tree.directory.find(from);
      try {
        if (entry !== undefined) this.#putDirectory(tree, entry, at);
      } finally {
        entry?.close();
      }
    }
    return at;
  }

  /**
   * Copies a directory's content; its own attributes count only for the directories below it, or where it is `named` in
   * the target.
   */
  async #content(
    tree: SourceTree,
    listing: Listing,
    {
      top,
      named,
      there,
    }: { readonly top: string; readonly named: boolean; readonly there: ReadonlySet<string> },
  ): Promise<void> {
    const later: { path: string; modified: bigint }[] = [];
    const turn = turns();
    for (let at = 0; at < listing.length; at++) {
      const below = listing.below(at);
      if (there.has(below)) continue;
      await turn();
      const path = joined(top, below);
      await opened(tree, listing, at, async (entry) => {
        if (below === '' && !named) {
          // It keeps its owner and mode, and gets the time, so that copies of the same files make the same layer.
          if (top !== '') later.push({ path: top, modified: entry.modified() });
        } else if (below === '') this.#putDirectory(tree, entry, top);
        else if (entry.stat.isDirectory()) {
          this.#putDirectory(tree, entry, path);
          later.push({ path, modified: entry.modified() });
        } else await this.#put(tree, entry, path, true);
      });
    }
    // Times of directories are set last, because adding entries changes them.
    for (const { path, modified } of later.reverse()) {
      const made = this.#target.find(path);
      if (made !== undefined) changeTimesTo(made.fd, modified);
      made?.close();
    }
  }

  /** Where a directory's content goes. @throws TcomposeError BUILD_STEP when that is a file */
  #contentPlace(to: string): string {
    const there = this.#target.find(to, true);
    there?.close();
    if (there !== undefined && !there.stat.isDirectory()) throw notDirectory(to);
    return this.directory(to);
  }

  #putDirectory(tree: SourceTree, entry: ConfinedEntry, to: string): void {
    const there = this.#target.find(to);
    there?.close();
    if (there !== undefined && !there.stat.isDirectory()) throw notDirectory(to);
    if (there === undefined) {
      const place = this.#target.place(to, false);
      makeDirectoryAt(place.directory, place.name, 0o700);
    }
    this.#attributes(tree, entry, to);
  }

  async #put(tree: SourceTree, entry: ConfinedEntry, to: string, nested = false): Promise<void> {
    // Most entries are files with nothing in their place yet.
    const inode = `${entry.stat.dev}:${entry.stat.ino}`;
    const first = entry.stat.nlink > 1 && nested ? this.#links.get(inode) : undefined;
    if (entry.stat.isFile() && first === undefined && (await this.#putFile(tree, entry, to))) {
      if (entry.stat.nlink > 1) this.#links.set(inode, to);
      return;
    }
    const there = this.#target.find(to);
    there?.close();
    if (there?.stat.isDirectory())
      throw new TcomposeError('BUILD_STEP', `cannot replace to directory /${textOfPath(to)} with file`);
    if (there !== undefined) await this.#target.remove(to);
    const { stat } = entry;
    if (first !== undefined) return linkAgain(this.#target, first, to);
    if (entry.stat.isSocket()) this.#emptyFile(to);
    else await makeAlike(this.#target, entry, to, copyFile);
    if (stat.nlink > 1) this.#links.set(inode, to);
    this.#attributes(tree, entry, to);
  }

  /** False when something is there already. */
  async #putFile(tree: SourceTree, entry: ConfinedEntry, to: string): Promise<boolean> {
    const { directory, name } = this.#target.place(to);
    let fd: number;
    try {
      fd = openName(directory, name, exclusive, 0o600);
    } catch (error) {
      if (errnoNameOf(error) === 'EEXIST') return false;
      throw error;
    }
    try {
      const from = entry.open();
      try {
        await copyBytes(from, fd, entry.stat.size);
        const { uid, gid } = this.#options.owner ?? (tree.ownerless ? { uid: 0, gid: 0 } : entry.stat);
        fchownSync(fd, uid, gid);
        // Changing the owner would remove capabilities.
        if (!tree.ownerless) copyAttributes(from, fd);
      } finally {
        closeSync(from);
      }
      const { stat } = entry;
      fchmodSync(fd, this.#options.mode?.(stat.mode & 0o7777, false) ?? stat.mode & 0o7777);
      changeTimesOfFileTo(fd, entry.modified());
      return true;
    } finally {
      closeSync(fd);
    }
  }

  /** Makes an empty file, which a socket becomes. */
  #emptyFile(to: string): void {
    const { directory, name } = this.#target.place(to);
    closeSync(openName(directory, name, exclusive, 0o600));
  }

  #attributes(tree: SourceTree, entry: ConfinedEntry, to: string): void {
    const made = this.#target.find(to);
    if (made === undefined) return;
    try {
      const { stat, fd } = entry;
      const own = tree.ownerless ? { uid: 0, gid: 0 } : stat;
      const { uid, gid } = this.#options.owner ?? own;
      changeOwnerOf(made.fd, uid, gid);
      if (!stat.isSymbolicLink()) {
        if (!tree.ownerless) copyAttributes(fd, made.fd);
        const mode = this.#options.mode?.(stat.mode & 0o7777, stat.isDirectory()) ?? stat.mode & 0o7777;
        chmodSync(`/proc/self/fd/${made.fd}`, mode);
      }
      changeTimesTo(made.fd, entry.modified());
    } finally {
      made.close();
    }
  }
}

/** Sets the mode of a directory that was just made. It keeps the bit that it has from one whose group is passed on. */
export function changeMadeMode({ fd, stat }: ConfinedEntry, mode: number): void {
  chmodSync(`/proc/self/fd/${fd}`, mode | (stat.mode & setGroupId));
}

/** Opens what was listed and checks that it is the same, now and after the use. @throws ChangedMeanwhile when it is not */
async function opened(
  tree: SourceTree,
  listing: Listing,
  index: number,
  use: (entry: ConfinedEntry) => Promise<void>,
): Promise<void> {
  const below = listing.below(index);
  const entry = tree.directory.find(below === '' ? listing.path : joined(listing.path, below));
  if (entry === undefined) throw new ChangedMeanwhile();
  const check = (): void => {
    if (!listing.isSame(index, fstatSync(entry.fd, { bigint: true }))) throw new ChangedMeanwhile();
  };
  try {
    check();
    await use(entry);
    if (!entry.stat.isDirectory()) check();
  } finally {
    entry.close();
  }
}

function notDirectory(path: string): TcomposeError {
  return new TcomposeError('BUILD_STEP', `cannot copy to non-directory: /${textOfPath(path)}`);
}
