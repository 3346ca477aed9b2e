/** Passes chunks from a writer to a reader that reads at its own pace. */
export class InputQueue<Chunk extends Uint8Array = Uint8Array> {
  readonly #chunks: Chunk[] = [];
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  push(chunk: Chunk): void {
    this.#chunks.push(chunk);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** The reader gets the error instead of what is left. */
  fail(error: unknown): void {
    this.#error = error;
    this.#ended = true;
    this.#chunks.length = 0;
    this.#wake?.();
  }

  /** The next chunk; undefined after the last. */
  async next(): Promise<Chunk | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) return chunk;
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
