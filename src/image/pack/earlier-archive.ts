import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { decompress } from '../unpack/decompress.ts';
import { type ArchiveIndex, decodeIndex, decodePaths, readText } from './archive-index.ts';

/** A layer whose archive has files in the very bytes that another one needs. */
export interface EarlierSpec {
  /** Path of its blob. */
  readonly blob: string;
  readonly diffId: string;
  /** Path of its archive's index. */
  readonly index: string;
  /** Path of a list: the files that are the same in the other one. */
  readonly kept: string;
}

/** Thrown when an earlier archive turns out not to be what it was. */
export class NotAsBefore extends Error {}

const pieceSize = 256 * 1024;

/** Reads an archive once from its beginning to its end, of which only ranges are wanted. To be closed. */
export class EarlierArchive {
  /** Of the files that are the same. */
  readonly segments: ArchiveIndex;
  readonly #diffId: string;
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #piece: Buffer = Buffer.alloc(0);
  /** Of the piece's first byte in the archive. */
  #at = 0;

  private constructor(segments: ArchiveIndex, diffId: string, fd: number) {
    this.segments = segments;
    this.#diffId = diffId;
    this.#fd = fd;
  }

  /** Undefined when something that it takes is not there any more. */
  static open({ blob, diffId, index, kept }: EarlierSpec): EarlierArchive | undefined {
    const wanted = decodePaths(readText(kept));
    const found = wanted === undefined ? undefined : decodeIndex(readText(index), wanted);
    if (found === undefined) return undefined;
    try {
      return new EarlierArchive(found, diffId, openSync(blob, 'r'));
    } catch {
      return undefined;
    }
  }

  /** Its bytes between two places, in the order of the archive from call to call; each piece is good until the next is asked for. @throws NotAsBefore */
  async *range(from: number, to: number): AsyncGenerator<Buffer> {
    if (from < this.#at) throw new NotAsBefore();
    for (let at = from; at < to; ) {
      while (at >= this.#at + this.#piece.length) if (!(await this.#next())) throw new NotAsBefore();
      const part = this.#piece.subarray(at - this.#at, to - this.#at);
      at += part.length;
      yield part;
    }
  }

  /** Reads what is left of it. @throws NotAsBefore when it was not the one that its index is of */
  async verify(): Promise<void> {
    while (await this.#next()) {}
    if (`sha256:${this.#hash.digest('hex')}` !== this.#diffId) throw new NotAsBefore();
  }

  async close(): Promise<void> {
    await this.#chunks?.return?.();
    closeSync(this.#fd);
  }

  async #next(): Promise<boolean> {
    try {
      this.#chunks ??= (await decompress(piecesOf(this.#fd))).chunks;
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      this.#at += this.#piece.length;
      this.#piece = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      this.#hash.update(this.#piece);
      return true;
    } catch {
      throw new NotAsBefore();
    }
  }
}

async function* piecesOf(fd: number): AsyncGenerator<Buffer> {
  for (;;) {
    const piece = Buffer.allocUnsafe(pieceSize);
    const length = readSync(fd, piece);
    if (length === 0) return;
    yield piece.subarray(0, length);
  }
}
