import { StringDecoder } from 'node:string_decoder';

/** Lines that are shown of a step that failed. */
const shownLines = 30;
/** Characters that wait for the client at most; what comes beyond is left out of what it is told. */
const mostWaiting = 4 * 1024 * 1024;

/** The output of one step: told line by line, its end kept for a failure. */
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

  write(bytes: Buffer): void {
    this.#take(this.#decoder.write(bytes));
  }

  /** Tells what has no line feed at its end, and waits until all is told. */
  async end(): Promise<void> {
    this.#take(this.#decoder.end());
    if (this.#rest !== '') this.#take('\n');
    await this.#queue;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      this.#last.push(line);
      if (this.#last.length > shownLines) this.#last.shift();
      if (this.#waiting > mostWaiting) continue;
      this.#waiting += line.length;
      this.#queue = this.#queue.then(async () => {
        await this.#tell(line);
        this.#waiting -= line.length;
      });
    }
  }
}
