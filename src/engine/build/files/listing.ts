import { constants } from 'node:fs';
import type { FileStatus } from '../../../sys/file-status.ts';
import type { SourceTree, Visited } from './source-tree.ts';

/** Thrown when files changed between their digest and their copy: the copy does not match its key. */
export class ChangedMeanwhile extends Error {}

/** Numbers stored for each entry: inode, mode, size, the two times, owner and group. */
const width = 7;

/**
 * What was below a source when it was digested, in the order of the tree. Stored compactly, because contexts have many
 * files.
 */
export class Listing {
  /** Path of the source in its tree, with links followed. */
  readonly path: string;
  readonly #tree: Pick<SourceTree, 'ownerless'>;
  readonly #below: string[] = [];
  readonly #digests: (string | undefined)[] = [];
  #numbers = new BigUint64Array(16 * width);

  constructor(tree: Pick<SourceTree, 'ownerless'>, path: string) {
    this.#tree = { ownerless: tree.ownerless };
    this.path = path;
  }

  /** @param digest of a regular file, from a StatCache */
  add({ below, stat }: Pick<Visited, 'below' | 'stat'>, digest?: string): void {
    const at = this.#below.length * width;
    if (at === this.#numbers.length) {
      const before = this.#numbers;
      this.#numbers = new BigUint64Array(2 * at);
      this.#numbers.set(before);
    }
    // The path alone does not tell a file with several names from others.
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

  /** Bytes of the files; a file counts once for each of its names here. */
  size(): number {
    let sum = 0;
    for (let at = 0; at < this.length * width; at += width)
      if ((Number(this.#numbers[at + 1]) & constants.S_IFMT) === constants.S_IFREG)
        sum += Number(this.#numbers[at + 2]);
    return sum;
  }

  /** Whether something is still what was listed. The times of a directory change with any entry in it, even an ignored one. */
  isSame(index: number, stat: FileStatus): boolean {
    const at = index * width;
    const numbers = this.#numbers;
    if (numbers[at] !== stat.ino || numbers[at + 1] !== stat.mode) return false;
    if (stat.isDirectory()) return true;
    if (numbers[at + 2] !== stat.size || numbers[at + 3] !== BigInt.asUintN(64, stat.mtimeNs)) return false;
    // Nobody writes to results of steps, but making hard links to their files alters the change time.
    return !this.#tree.ownerless || numbers[at + 4] === BigInt.asUintN(64, stat.ctimeNs);
  }

  /**
   * For a file with one name: everything that the same instruction's copy of it has, its content as a digest. Two files
   * with the same traits have the same copy.
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

/** The owner and group that are copied: everything in a context belongs to root. */
export const ownerOf = (
  { ownerless }: Pick<SourceTree, 'ownerless'>,
  { uid, gid }: Pick<FileStatus, 'uid' | 'gid'>,
): string => (ownerless ? '0:0' : `${uid}:${gid}`);
