import { chmodSync, fchmodSync, fchownSync } from 'node:fs';
import { isOverlayAttribute } from '../../confined/copy-tree.ts';
import type { ConfinedEntry } from '../../confined/entry.ts';
import { type IdSwap, swappedOwner } from '../../id-swap.ts';
import { changeOwnerOf, changeTimesOf, changeTimesOfFile } from '../../sys/at-calls.ts';
import { shownName } from '../../tar/archive-error.ts';
import type { TarEntry } from '../../tar/tar-reader.ts';
import { errnoOf, type LayerSystem } from './layer-system.ts';

/**
 * Who owns the files: the owners that the archive names, this process's user (in a user namespace with one id), or this
 * owner.
 */
export type NewOwner = 'archive' | 'own' | { readonly uid: number; readonly gid: number };

/** Errors with which a file system or a security module may refuse attributes; the file is still useful without them. */
const unfit = ['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EACCES', 'EINVAL', 'ERANGE'];

/** Sets owner, extended attributes, mode and times of what was unpacked, all by descriptor, and records what was left out. */
export class EntryAttributes {
  readonly #system: Pick<LayerSystem, 'setExtendedAttribute'>;
  readonly #owner: NewOwner;
  readonly #owners: IdSwap | undefined;
  readonly #skipped = new Map<string, { count: number; example: string }>();
  #strays: { readonly first: string; readonly count: number } | undefined;

  constructor(system: Pick<LayerSystem, 'setExtendedAttribute'>, owner: NewOwner, owners?: IdSwap) {
    this.#system = system;
    this.#owner = owner;
    this.#owners = owners;
  }

  /** For a file or directory that is open other than by O_PATH. */
  setOpen(fd: number, entry: TarEntry): void {
    const mode = this.#give(entry, (uid, gid) => fchownSync(fd, uid, gid));
    this.#setExtended(fd, entry);
    // After chown, which clears the setuid bit.
    fchmodSync(fd, mode);
    changeTimesOfFile(fd, entry.mtime, entry.nanoseconds);
  }

  /** For anything else, including symbolic links. */
  set(made: ConfinedEntry, entry: TarEntry): void {
    const mode = this.#give(entry, (uid, gid) => changeOwnerOf(made.fd, uid, gid));
    this.#setExtended(made.fd, entry);
    if (!made.stat.isSymbolicLink()) chmodSync(`/proc/self/fd/${made.fd}`, mode);
    changeTimesOf(made.fd, entry.mtime, entry.nanoseconds);
  }

  /** Notes that something of the entry `name` was left out. */
  skip(what: string, name: string): void {
    const known = this.#skipped.get(what);
    if (known === undefined) this.#skipped.set(what, { count: 1, example: name });
    else known.count++;
  }

  /** Reports what was left out. */
  report(warn: (message: string) => void): void {
    for (const [what, { count, example }] of this.#skipped)
      warn(`${what}: ${count} left out, the first at ${shownName(example)}`);
    const strays = this.#strays;
    if (strays !== undefined)
      warn(
        `${strays.count} files of ids whose ids do not exist here now belong to root: the first is ${strays.first}`,
      );
  }

  /**
   * Gives a file to its owner, and returns the mode it may have. If this user namespace lacks the id, so that no
   * process here can ever have it, the file belongs to root and is not setuid or setgid.
   */
  #give(entry: TarEntry, change: (uid: number, gid: number) => void): number {
    const owner = this.#owner === 'archive' ? entry : this.#owner;
    if (owner === 'own') return entry.mode;
    const { uid, gid } = swappedOwner(owner, this.#owners);
    try {
      change(uid, gid);
      return entry.mode;
    } catch (error) {
      if (this.#owner !== 'archive' || errnoOf(error) !== 'EINVAL') throw error;
      const root = swappedOwner({ uid: 0, gid: 0 }, this.#owners);
      change(root.uid, root.gid);
      const first = `${shownName(entry.name)} of ${entry.uid}:${entry.gid}`;
      this.#strays = { first, ...this.#strays, count: (this.#strays?.count ?? 0) + 1 };
      return entry.mode & 0o1777;
    }
  }

  #setExtended(fd: number, entry: TarEntry): void {
    if (entry.xattrs.size === 0) return;
    for (const [name, value] of entry.xattrs) {
      // An archive must not set overlayfs's own attributes: a redirect would show other directories of the layers
      // below.
      if (isOverlayAttribute(name)) {
        this.skip(`extended attribute ${JSON.stringify(name)} is overlayfs's own`, entry.name);
        continue;
      }
      try {
        this.#system.setExtendedAttribute(fd, name, value);
      } catch (error) {
        if (!unfit.includes(errnoOf(error))) throw error;
        this.skip(`extended attribute ${JSON.stringify(name)} cannot be set (${errnoOf(error)})`, entry.name);
      }
    }
  }
}
