import { bytesOfText } from '../../../watch/change.ts';

/** Milliseconds without another edit of the configuration before it is read again. */
const quiet = 100;

/** Edits of the files that define a project. Paths are bytes in latin1, times are milliseconds of any monotonic clock. */
export class Edits {
  #files: ReadonlySet<string> = new Set();
  readonly #edited = new Set<string>();
  #last = 0;

  /** Sets the files from now on; these paths are text. */
  follow(files: Iterable<string>): void {
    this.#files = new Set([...files].map(bytesOfText));
  }

  get files(): ReadonlySet<string> {
    return this.#files;
  }

  /** Records a change at a path. */
  note(path: string, at: number): void {
    if (!this.#files.has(path)) return;
    this.#edited.add(path);
    this.#last = at;
  }

  /** When to follow them; infinity: there are none. */
  due(): number {
    return this.#edited.size === 0 ? Number.POSITIVE_INFINITY : this.#last + quiet;
  }

  /** The edited paths, which are then forgotten. */
  take(): readonly string[] {
    const paths = [...this.#edited];
    this.#edited.clear();
    return paths;
  }
}
