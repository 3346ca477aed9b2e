import { constants } from 'node:fs';
import type { FileStatus } from '../../../sys/file-status.ts';
import type { SourceTree, Visited } from './source-tree.ts';

/** Thrown when files changed between their digest and their copy: what was made is not what its key says. */
export class ChangedMeanwhile extends Error {}

/** Numbers kept of an entry: inode, mode, size, the two times, owner and group. */
const width = 7;

/** What was found below a source when it was digested, in the order of the tree. Kept in little memory: contexts have many files. */
export class Listing {
  /** Of the source in its tree, links followed. */
  readonly path: string;
  readonly #tree: Pick<SourceTree, 'ownerless'>;
  readonly #below: string[] = [];
  readonly #digests: (string | undefined)[] = [];
  #numbers = new BigUint64Array(16 * width);

  constructor(tree: Pick<SourceTree, 'ownerless'>, path: string) {
    this.#tree = { ownerless: tree.ownerless };
    this.path = path;
  }

  /** @param digest of a regular file that is there, by a StatCache */
  add({ below, stat }: Pick<Visited, 'below' | 'stat'>, digest?: string): void {
    const at = this.#below.length * width;
    if (at === this.#numbers.length) {
      const before = this.#numbers;
      this.#numbers = new BigUint64Array(2 * at);
      this.#numbers.set(before);
    }
    // A file with several names is not told from others by its path alone.
    this.#digests.push(stat.nlink === 1n ? digest : undefined);
    this.#below.push(below);
    const { ino, mode, size, mtimeNs, ctimeNs, uid, gid } = stat;
    const numbers = this.#numbers;
    numbers[at] = ino;
    numbers[at + 1] = mode;
    numbers[at + 2] = size;
    numbers[at + 3] = BigInt.asUintN(64, mtimeNs);
    numbers[at + 4] = BigInt.asUintN(64, ctimeNs);
    numbers[at + 5] = uid;
    numbers[at + 6] = gid;
  }

  get length(): number {
    return this.#below.length;
  }

  /** The path of an entry relative to the source; '' for that itself. */
  below(index: number): string {
    return this.#below[index]!;
  }

  /** Bytes of the files, each as often as it has a name here. */
  size(): number {
    let sum = 0;
    for (let at = 0; at < this.length * width; at += width)
      if ((Number(this.#numbers[at + 1]) & constants.S_IFMT) === constants.S_IFREG)
        sum += Number(this.#numbers[at + 2]);
    return sum;
  }

  /** Whether something is what was listed. The times of a directory change with what is in it, left out or not. */
  isSame(index: number, stat: FileStatus): boolean {
    const at = index * width;
    const numbers = this.#numbers;
    if (numbers[at] !== stat.ino || numbers[at + 1] !== stat.mode) return false;
    if (stat.isDirectory()) return true;
    if (numbers[at + 2] !== stat.size || numbers[at + 3] !== BigInt.asUintN(64, stat.mtimeNs)) return false;
    // Nobody writes into results of steps; further names of their files change the time of change.
    return !this.#tree.ownerless || numbers[at + 4] === BigInt.asUintN(64, stat.ctimeNs);
  }

  /**
   * Of a file with one name: all that a copy of it by the same instruction has, its content by a digest. Two files with the same traits
   * have the same copy.
   */
  traits(index: number): string | undefined {
    const digest = this.#digests[index];
    if (digest === undefined) return undefined;
    const at = index * width;
    const numbers = this.#numbers;
    const owner = ownerOf(this.#tree, { uid: numbers[at + 5]!, gid: numbers[at + 6]! });
    return `${(numbers[at + 1]! & 0o7777n).toString(8)}:${owner}:${numbers[at + 3]}:${digest}`;
  }
}

/** Owner and group that count: everything of a context is root's. */
export const ownerOf = (
  { ownerless }: Pick<SourceTree, 'ownerless'>,
  { uid, gid }: Pick<FileStatus, 'uid' | 'gid'>,
): string => (ownerless ? '0:0' : `${uid}:${gid}`);
