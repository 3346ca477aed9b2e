import { archiveError } from './archive-error.ts';

/** Takes exact numbers of bytes from a stream of chunks. What it gives is good until it is asked for more, as chunks may be. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);
  /** Bytes given out. */
  position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** `size` bytes when that many are at hand: most are, and need not be waited for. */
  atHand(size: number): Buffer | undefined {
    return this.#buffer.length < size ? undefined : this.#take(size);
  }

  /** What is at hand, at most `most` bytes; undefined for nothing. */
  someAtHand(most: number): Buffer | undefined {
    return this.#buffer.length === 0 ? undefined : this.#take(Math.min(most, this.#buffer.length));
  }

  /** `size` bytes. @throws TcomposeError IMAGE_ARCHIVE when there are fewer. */
  async exact(size: number): Promise<Buffer> {
    if (size === 0) return Buffer.alloc(0);
    const bytes = await this.exactOrEnd(size);
    if (bytes === undefined) throw cutOff();
    return bytes;
  }

  /** `size` bytes, or undefined when the stream is at its end. @throws TcomposeError IMAGE_ARCHIVE when it ends in between */
  async exactOrEnd(size: number): Promise<Buffer | undefined> {
    if (this.#buffer.length < size) {
      // The next chunk may come in the memory of this one.
      const parts = [Buffer.from(this.#buffer)];
      let length = this.#buffer.length;
      while (length < size) {
        const chunk = await this.#more();
        if (chunk === undefined) {
          if (length === 0) return undefined;
          // Too short for what every tar begins with.
          throw this.position === 0
            ? archiveError('it is not a tar, or it is cut off in its first header')
            : cutOff();
        }
        parts.push(Buffer.from(chunk));
        length += chunk.length;
      }
      this.#buffer = Buffer.concat(parts, length);
    }
    return this.#take(size);
  }

  /** At least one and at most `most` bytes. @throws TcomposeError IMAGE_ARCHIVE at the end of the stream */
  async some(most: number): Promise<Buffer> {
    while (this.#buffer.length === 0) {
      const chunk = await this.#more();
      if (chunk === undefined) throw cutOff();
      this.#buffer = chunk;
    }
    return this.#take(Math.min(most, this.#buffer.length));
  }

  /** Passes over `size` bytes, or what there is of them. */
  async skip(size: number): Promise<void> {
    for (let left = size; left > 0; ) {
      if (this.#buffer.length === 0) {
        const chunk = await this.#more();
        if (chunk === undefined) return;
        this.#buffer = chunk;
      }
      left -= this.#take(Math.min(left, this.#buffer.length)).length;
    }
  }

  /** Reads to the end of the stream. */
  async drain(): Promise<void> {
    this.#buffer = Buffer.alloc(0);
    while ((await this.#more()) !== undefined) {}
  }

  /** Ends the stream early, so that what feeds it is released. Idempotent. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #take(size: number): Buffer {
    const bytes = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    this.position += size;
    return bytes;
  }

  async #more(): Promise<Buffer | undefined> {
    const next = await this.#chunks.next();
    if (next.done === true) return undefined;
    const chunk = next.value;
    return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}

const cutOff = () => archiveError('it is cut off (it ends in the middle of an entry)');
