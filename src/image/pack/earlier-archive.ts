import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { decompress } from '../unpack/decompress.ts';
import { type ArchiveIndex, decodeIndex, decodePaths, readText } from './archive-index.ts';

/** A layer whose archive has files byte for byte as another layer needs them. */
export interface EarlierSpec {
  /** Path of its blob. */
  readonly blob: string;
  readonly diffId: string;
  /** Path of its archive's index. */
  readonly index: string;
  /** Path of a list of the files that are the same in the other layer. */
  readonly kept: string;
}

/** Thrown when an earlier archive turns out to have changed. */
export class NotAsBefore extends Error {}

const pieceSize = 256 * 1024;

/** Reads an archive once from beginning to end, when only ranges of it are wanted. The caller closes it. */
export class EarlierArchive {
  /** The segments of the unchanged files. */
  readonly segments: ArchiveIndex;
  readonly #diffId: string;
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #piece: Buffer = Buffer.alloc(0);
  /** Position of the piece's first byte in the archive. */
  #at = 0;

  private constructor(segments: ArchiveIndex, diffId: string, fd: number) {
    this.segments = segments;
    this.#diffId = diffId;
    this.#fd = fd;
  }

  /** Undefined when one of its files no longer exists. */
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

  /**
   * The archive's bytes between two positions, which only increase from call to call; each piece is valid until the
   * next is asked for. @throws NotAsBefore
   */
  async *range(from: number, to: number): AsyncGenerator<Buffer> {
    if (from < this.#at) throw new NotAsBefore();
    for (let at = from; at < to; ) {
      while (at >= this.#at + this.#piece.length) if (!(await this.#next())) throw new NotAsBefore();
      const part = this.#piece.subarray(at - this.#at, to - this.#at);
      at += part.length;
      yield part;
    }
  }

  /** Reads the rest of the archive. @throws NotAsBefore when it is not the one that its index describes */
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
