import type { SourceTree, Visited } from './source-tree.ts';

/** Milliseconds before the first note. */
const patience = 1000;
/** Entries between two readings of the clock. */
const between = 128;

/** Directories that programs generate and that images rarely need. */
const seldomWanted = /(?:^|\/)(?:node_modules|\.git|target|dist|build|\.?venv|\.cache)$/;

interface Amount {
  files: number;
  bytes: number;
}

/** Says why reading a large context takes long: how much there is, and which directory has most of it. */
export class ReadingNote {
  readonly #now: () => number;
  readonly #tell: (text: string) => void;
  readonly #since: number;
  readonly #all: Amount = { files: 0, bytes: 0 };
  readonly #byDirectory = new Map<string, Amount>();
  #hasIgnoreFile = false;
  #told = false;

  /** @param now milliseconds from any starting point */
  constructor(now: () => number, tell: (text: string) => void) {
    this.#now = now;
    this.#tell = tell;
    this.#since = now();
  }

  add({ ignore, ownerless }: SourceTree, { path, stat }: Visited): void {
    if (!ownerless || !stat.isFile()) return;
    this.#hasIgnoreFile = ignore !== undefined;
    const directory = /^(.*?(?:^|\/)node_modules|[^/]+)\//.exec(path)?.[1] ?? '.';
    const there = this.#byDirectory.get(directory) ?? { files: 0, bytes: 0 };
    this.#byDirectory.set(directory, there);
    for (const amount of [this.#all, there]) {
      amount.files++;
      amount.bytes += Number(stat.size);
    }
    if (this.#told || this.#all.files % between !== 0 || this.#now() - this.#since < patience) return;
    this.#told = true;
    this.#tell(`reading the build context: ${amountText(this.#all)} so far`);
  }

  /** To be called when everything is read. */
  end(): void {
    if (!this.#told) return;
    const [most] = [...this.#byDirectory].sort(([, a], [, b]) => b.files - a.files);
    const large = most !== undefined && most[0] !== '.' && most[1].files * 2 > this.#all.files;
    const where = large ? `, most of them in ${most[0]} (${most[1].files})` : '';
    const hint =
      large && !this.#hasIgnoreFile && seldomWanted.test(most[0])
        ? '; a .dockerignore file could leave that out'
        : '';
    this.#tell(`read the build context: ${amountText(this.#all)}${where}${hint}`);
  }
}

const amountText = ({ files, bytes }: Amount): string =>
  `${files} files, ${bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`}`;
