import { archiveError } from './archive-error.ts';

/** Takes exact numbers of bytes from a stream of chunks. Its results are valid until it is asked for more, as chunks may be. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);
  /** Number of bytes given so far. */
  position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** `size` bytes if that many are available: usually they are, and need not be awaited. */
  atHand(size: number): Buffer | undefined {
    return this.#buffer.length < size ? undefined : this.#take(size);
  }

  /** The available bytes, at most `most`; undefined if there are none. */
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
      // The next chunk may reuse this one's memory.
      const parts = [Buffer.from(this.#buffer)];
      let length = this.#buffer.length;
      while (length < size) {
        const chunk = await this.#more();
        if (chunk === undefined) {
          if (length === 0) return undefined;
          // Shorter than the first header of any tar.
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

  /** Skips `size` bytes, or as many as there are. */
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

  /** Ends the stream early, so that its source is released. Idempotent. */
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
