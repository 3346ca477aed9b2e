import { mkdirSync } from 'node:fs';
import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import type { ConfinedEntry } from '../../confined/entry.ts';
import { changeTimesTo, linkAt, makeNodeAt } from '../../sys/at-calls.ts';
import type { TreeResult } from '../jobs/job-types.ts';
import { mirrorDirectory } from './mirror-directory.ts';
import { isCarried, type PackWitness } from './pack-tree.ts';

const characterDevice = 0o020000;

/**
 * Makes the tree of a layer while its archive is made: new directories, and hard links to all other files of a tree on
 * the same file system that nobody writes to any more.
 */
export class LinkTree implements PackWitness {
  readonly #source: ConfinedDirectory;
  readonly #target: ConfinedDirectory;
  readonly #times = new Map<string, bigint>();
  readonly #whiteouts: string[] = [];
  readonly #counted = new Set<number>();
  #size = 0;
  #entries = 0;

  /** @param tree a new directory, which this makes */
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

  kept(path: string, size: number): void {
    this.#entries++;
    this.#size += size;
    const from = this.#source.place(path, false);
    const to = this.#target.place(path, false);
    linkAt(from.directory, from.name, to.directory, to.name);
  }

  whiteout(path: string): void {
    this.#entries++;
    this.#whiteouts.push(path);
    const { directory, name } = this.#target.place(path, false);
    makeNodeAt(directory, name, characterDevice, 0, 0);
  }

  /** A directory's time is set last, because adding entries changes it. */
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
    mirrorDirectory(entry, this.#target, path, isCarried);
    this.#times.set(path, entry.modified());
  }
}
