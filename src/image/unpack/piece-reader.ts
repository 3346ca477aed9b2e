/**
 * Takes pieces of known or any length from a stream of chunks, for formats that consist of parts. A chunk need only be
 * valid until the next one is asked for, and so are the pieces.
 */
export class PieceReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** The next `size` bytes without taking them; fewer at the end of the stream. */
  async peek(size: number): Promise<Buffer> {
    if (this.#buffer.length < size) {
      const parts: Buffer[] = this.#buffer.length === 0 ? [] : [Buffer.from(this.#buffer)];
      for (let length = this.#buffer.length; length < size; ) {
        const chunk = await this.#more();
        if (chunk === undefined) break;
        length += chunk.length;
        parts.push(length < size ? Buffer.from(chunk) : chunk);
      }
      this.#buffer = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    }
    return this.#buffer.subarray(0, size);
  }

  /** At least one and at most `most` bytes; undefined at the end of the stream. */
  async some(most: number): Promise<Buffer | undefined> {
    while (this.#buffer.length === 0) {
      const chunk = await this.#more();
      if (chunk === undefined) return undefined;
      this.#buffer = chunk;
    }
    return this.take(Math.min(most, this.#buffer.length));
  }

  /** Takes bytes that `peek` has returned. */
  take(size: number): Buffer {
    const bytes = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    return bytes;
  }

  /** Puts back the end of what was taken last. */
  putBack(bytes: Buffer): void {
    if (bytes.length > 0)
      this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([bytes, this.#buffer]);
  }

  /** Reads to the end of the stream. */
  async drain(): Promise<void> {
    this.#buffer = Buffer.alloc(0);
    while ((await this.#more()) !== undefined) {}
  }

  /** Ends the stream early, so that its source is released. Idempotent. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }

  async #more(): Promise<Buffer | undefined> {
    if (this.#ended) return undefined;
    const next = await this.#iterator.next();
    if (next.done === true) {
      this.#ended = true;
      return undefined;
    }
    const chunk = next.value;
    return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}
