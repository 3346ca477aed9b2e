import { StringDecoder } from 'node:string_decoder';

/** Lines to show of a failed step's output. */
const shownLines = 30;
/** Characters of a line; longer ones are reported in pieces. */
const longestLine = 64 * 1024;
/** Characters waiting for the client above which the command has to wait, too. */
const mostWaiting = 1024 * 1024;

/** The output of one step: passed on line by line; its end is kept in case the step fails. */
export class StepLog {
  readonly #tell: (text: string) => Promise<void> | void;
  readonly #decoder = new StringDecoder('utf8');
  readonly #last: string[] = [];
  #rest = '';
  #waiting = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(tell: (text: string) => Promise<void> | void) {
    this.#tell = tell;
  }

  /** The last lines so far. */
  get last(): readonly string[] {
    return this.#last;
  }

  /** If this returns a promise, further output has to wait for it: the client has not yet taken the lines so far. */
  write(bytes: Buffer): Promise<void> | undefined {
    this.#take(this.#decoder.write(bytes));
    return this.#waiting > mostWaiting ? this.#queue : undefined;
  }

  /** Passes on the last line even without a line feed, and waits until everything is passed on. */
  async end(): Promise<void> {
    this.#take(this.#decoder.end());
    if (this.#rest !== '') this.#take('\n');
    await this.#queue;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > longestLine) {
      lines.push(this.#rest);
      this.#rest = '';
    }
    for (const line of lines) {
      this.#last.push(line);
      if (this.#last.length > shownLines) this.#last.shift();
      this.#waiting += line.length;
      this.#queue = this.#queue.then(async () => {
        await this.#tell(line);
        this.#waiting -= line.length;
      });
    }
  }
}
