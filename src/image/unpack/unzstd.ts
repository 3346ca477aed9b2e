import zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { archiveError } from '../../tar/archive-error.ts';
import type { PieceReader } from './piece-reader.ts';

const frameMagic = 0xfd2fb528;
/** Skippable frames have one of 16 magic numbers, which differ in the last four bits. */
const skippableMagic = 0x184d2a5;
/** Largest window in bytes: what the zstd program accepts by default (`--long=27`). */
const largestWindow = 128 * 1024 * 1024;
const piece = 128 * 1024;

/** Whether a zstd stream begins like this: with a frame or a skippable one (RFC 8878). */
export const isZstd = (head: Buffer): boolean =>
  head.length >= 4 && (head.readUInt32LE(0) === frameMagic || head.readUInt32LE(0) >>> 4 === skippableMagic);

/**
 * The content of a zstd file: its frames one after the other, without skippable ones; data after the last one is
 * ignored.
 * @throws TcomposeError IMAGE_ARCHIVE for damaged data or a window of more than 128 MiB
 */
export async function* unzstd(source: PieceReader): AsyncGenerator<Buffer> {
  for (;;) {
    const head = await source.peek(8);
    if (!isZstd(head)) break;
    if (head.readUInt32LE(0) === frameMagic) yield* frame(source);
    else await pass(source, 8 + (head.length < 8 ? 0 : head.readUInt32LE(4)));
  }
  await source.drain();
}

async function pass(source: PieceReader, size: number): Promise<void> {
  for (let left = size; left > 0; ) {
    const bytes = await source.some(left);
    if (bytes === undefined) return;
    left -= bytes.length;
  }
}

/** Decodes its input, which must stay valid until it answers; the caller owns the pieces. */
interface Decoder {
  push(bytes: Buffer, last: boolean): Buffer[] | Promise<Buffer[]>;
  close(): void;
}

async function* frame(source: PieceReader): AsyncGenerator<Buffer> {
  const decoder = nativeDecoder() ?? scriptDecoder();
  try {
    for await (const { bytes, last } of partsOf(source)) {
      let out: Buffer[];
      try {
        out = await decoder.push(bytes, last);
      } catch (error) {
        throw archiveError('its zstd data is damaged', error);
      }
      yield* out;
    }
  } finally {
    decoder.close();
  }
}

interface Part {
  readonly bytes: Buffer;
  readonly last: boolean;
}

/** The bytes of one frame: the header, then block after block, so that its end is known without decoding it. */
async function* partsOf(source: PieceReader): AsyncGenerator<Part> {
  const { size, checksum } = headerOf(await source.peek(18));
  yield { bytes: source.take(size), last: false };
  for (let last = false; !last; ) {
    const head = await source.peek(3);
    if (head.length < 3) throw cutOff();
    const word = head.readUIntLE(0, 3);
    last = (word & 1) !== 0;
    // A block of one repeated byte stores only that byte.
    const length = 3 + (((word >> 1) & 3) === 1 ? 1 : word >> 3) + (last && checksum ? 4 : 0);
    if (length > 3 + piece + 4) throw archiveError('its zstd data is damaged (a block is too large)');
    const block = await source.peek(length);
    // If only the checksum at the end of the frame is missing, all content is there.
    if (block.length < length && !(last && checksum && block.length >= length - 4)) throw cutOff();
    source.take(block.length);
    yield { bytes: block, last };
  }
}

const cutOff = () => archiveError('it is cut off (the zstd stream ends early)');

/** Length of a frame's header, and whether a checksum follows its blocks. */
function headerOf(head: Buffer): { readonly size: number; readonly checksum: boolean } {
  if (head.length < 6) throw cutOff();
  const descriptor = head[4]!;
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const content = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const size = 5 + (single ? 0 : 1) + dictionary + content;
  if (head.length < size) throw cutOff();
  if (dictionary > 0 && head.readUIntLE(5 + (single ? 0 : 1), dictionary) !== 0)
    throw archiveError('its zstd data needs a dictionary');
  const window = single ? contentSize(head.subarray(size - content, size)) : windowSize(head[5]!);
  if (window > largestWindow)
    throw archiveError(`its zstd data needs a window of ${window} bytes, and ${largestWindow} are allowed`);
  return { size, checksum: (descriptor & 4) !== 0 };
}

const windowSize = (byte: number): number => {
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 7);
};

function contentSize(field: Buffer): number {
  if (field.length === 8) return Number(field.readBigUInt64LE(0));
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0);
}

/** Written in JavaScript, for a Node without zstd (before 22.15). */
function scriptDecoder(): Decoder {
  let out: Buffer[] = [];
  const stream = new Decompress((bytes) => {
    // The decoder reuses its memory.
    if (bytes.length > 0) out.push(Buffer.from(bytes));
  });
  return {
    push(bytes, last) {
      // The decoder keeps what is not decoded yet.
      stream.push(Buffer.from(bytes), last);
      const done = out;
      out = [];
      return done;
    },
    close() {},
  };
}

interface ZlibStream {
  on(event: string, listener: (value: never) => void): void;
  write(bytes: Buffer, done: () => void): void;
  destroy(): void;
}

function nativeDecoder(): Decoder | undefined {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: object) => ZlibStream };
  if (createZstdDecompress === undefined) return undefined;
  const stream = createZstdDecompress({ chunkSize: piece });
  let out: Buffer[] = [];
  let fail: (error: Error) => void = () => {};
  stream.on('data', (bytes: Buffer) => out.push(bytes));
  stream.on('error', (error: Error) => fail(error));
  return {
    async push(bytes) {
      await new Promise<void>((resolve, reject) => {
        fail = reject;
        stream.write(bytes, () => resolve());
      });
      const done = out;
      out = [];
      return done;
    },
    close: () => stream.destroy(),
  };
}
