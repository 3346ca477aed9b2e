import { chmodSync, mkdirSync } from 'node:fs';
import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { isOpaque } from '../../confined/copy-tree.ts';
import type { ConfinedEntry } from '../../confined/entry.ts';
import { changeOwnerOf, changeTimesTo, linkAt, makeDirectoryAt, makeNodeAt } from '../../sys/at-calls.ts';
import { getExtendedAttribute, listExtendedAttributes, setExtendedAttribute } from '../../sys/xattr.ts';
import type { TreeResult } from './job-types.ts';
import { isCarried, type PackWitness } from './pack-tree.ts';

const characterDevice = 0o020000;

/**
 * Makes the tree of a layer while its archive is made: directories of its own, and of all else further names (hard links) in a
 * tree that nobody writes to any more, of the same file system.
 */
export class LinkTree implements PackWitness {
  readonly #source: ConfinedDirectory;
  readonly #target: ConfinedDirectory;
  readonly #times = new Map<string, bigint>();
  readonly #whiteouts: string[] = [];
  readonly #counted = new Set<number>();
  #size = 0;
  #entries = 0;

  /** @param tree a new directory, made by this */
  constructor(source: ConfinedDirectory, tree: string) {
    mkdirSync(tree, { mode: 0o755 });
    this.#source = source;
    this.#target = ConfinedDirectory.at(tree);
  }

  entry(entry: ConfinedEntry, path: string): void {
    this.#entries++;
    const { stat } = entry;
    if (stat.isDirectory()) {
      this.#directory(entry, path);
      return;
    }
    if (stat.isFile() && (stat.nlink === 1 || !this.#counted.has(stat.ino))) {
      this.#size += stat.size;
      if (stat.nlink > 1) this.#counted.add(stat.ino);
    }
    const from = this.#source.place(entry.path, false);
    const to = this.#target.place(path, false);
    linkAt(from.directory, from.name, to.directory, to.name);
  }

  whiteout(path: string): void {
    this.#entries++;
    this.#whiteouts.push(path);
    const { directory, name } = this.#target.place(path, false);
    makeNodeAt(directory, name, characterDevice, 0, 0);
  }

  /** The time of a directory last: what is put into it changes it. */
  left(path: string): void {
    const time = this.#times.get(path);
    if (time === undefined) return;
    this.#times.delete(path);
    const made = this.#target.find(path)!;
    changeTimesTo(made.fd, time);
    made.close();
  }

  result(): TreeResult {
    return { size: this.#size, entries: this.#entries, whiteouts: this.#whiteouts, implied: [] };
  }

  close(): void {
    this.#target.close();
  }

  #directory(entry: ConfinedEntry, path: string): void {
    const { directory, name } = this.#target.place(path, false);
    makeDirectoryAt(directory, name, 0o700);
    const made = this.#target.find(path)!;
    try {
      changeOwnerOf(made.fd, entry.stat.uid, entry.stat.gid);
      for (const attribute of listExtendedAttributes(entry.fd)) {
        if (!isCarried(attribute)) continue;
        const value = getExtendedAttribute(entry.fd, attribute);
        if (value !== undefined) setExtendedAttribute(made.fd, attribute, value);
      }
      if (isOpaque(entry)) setExtendedAttribute(made.fd, 'trusted.overlay.opaque', Buffer.from('y'));
      chmodSync(`/proc/self/fd/${made.fd}`, entry.stat.mode & 0o7777);
    } finally {
      made.close();
    }
    this.#times.set(path, entry.modified());
  }
}
