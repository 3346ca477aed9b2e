import type { StatusResponse } from '../messages/control.ts';

/** Bytes of output that are kept for those who follow the build; the rest is left out, and the last line says so. */
const mostKept = 16 * 1024 * 1024;
const clipped = Buffer.from('[output clipped, log limit 16MiB reached]\n');
/** Pieces that a reader may be behind before the build waits for it. */
const mostBehind = 256;

/** The events of a build for everyone who follows it: from its beginning, even after its end. */
export class Trace {
  readonly #told: Partial<StatusResponse>[] = [];
  readonly #waiting = new Set<() => void>();
  #size = 0;
  #clipped = false;
  #readers = 0;
  #at = 0;
  #ended = false;

  /** Resolves when the reader has caught up far enough. */
  async tell(piece: Partial<StatusResponse>): Promise<void> {
    if (this.#ended) return;
    const size = (piece.logs ?? []).reduce((sum, { message }) => sum + (message?.length ?? 0), 0);
    const over = size > 0 && this.#size + size > mostKept;
    if (over && this.#clipped) return;
    this.#clipped ||= over;
    this.#size += size;
    const [first] = piece.logs ?? [];
    this.#told.push(over && first !== undefined ? { logs: [{ ...first, message: clipped }] } : piece);
    this.#wake();
    while (this.#readers > 0 && !this.#ended && this.#told.length - this.#at > mostBehind)
      await this.#change();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *follow(signal: AbortSignal): AsyncGenerator<Partial<StatusResponse>> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake);
    this.#readers++;
    try {
      for (let at = 0; !signal.aborted; ) {
        if (at < this.#told.length) {
          yield this.#told[at++]!;
          this.#at = at;
          this.#wake();
        } else if (this.#ended) return;
        else await this.#change();
      }
    } finally {
      this.#readers--;
      signal.removeEventListener('abort', wake);
      this.#wake();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const one of all) one();
  }
}
