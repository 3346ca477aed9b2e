import zlib from 'node:zlib';
import { archiveError } from '../../tar/archive-error.ts';
import { createInflater } from './inflater.ts';
import type { PieceReader } from './piece-reader.ts';

/** Compressed bytes given to the decoder at a time: their content is at most about 1,032 times as large. */
const step = 16 * 1024;
/** Members no larger than this are decoded in one call: some archives have one for each file. */
const smallMember = 4 * 1024;
const { Z_SYNC_FLUSH } = zlib.constants;
const options = { chunkSize: 128 * 1024, finishFlush: Z_SYNC_FLUSH } as const;

/**
 * The content of a gzip file (RFC 1952): its members one after the other. Data after the last member is ignored, its
 * trailer may be missing, and checksums are not verified: the digest of a layer's content decides. A piece is valid
 * until the next is asked for.
 * @throws TcomposeError IMAGE_ARCHIVE for damaged data
 */
export async function* gunzip(source: PieceReader): AsyncGenerator<Buffer> {
  for (let members = 0; await skipHeader(source); members++) {
    try {
      if (members === 0 || !(yield* small(source))) yield* large(source);
    } catch (error) {
      if (!isDataError(error)) throw error;
      throw archiveError('its gzip data is damaged', error);
    }
    await source.peek(8);
    source.take(8);
  }
  await source.drain();
}

const isDataError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));

/** False when no member begins here. */
async function skipHeader(source: PieceReader): Promise<boolean> {
  const fixed = await source.peek(10);
  if (fixed.length < 10 || fixed[0] !== 0x1f || fixed[1] !== 0x8b || fixed[2] !== 8) return false;
  const flags = fixed[3]!;
  source.take(10);
  if ((flags & 4) !== 0) {
    const length = await source.peek(2);
    const size = length.length < 2 ? 0 : length.readUInt16LE(0);
    await source.peek(2 + size);
    source.take(2 + size);
  }
  for (const flag of [8, 16]) if ((flags & flag) !== 0) await skipText(source);
  if ((flags & 2) !== 0) {
    await source.peek(2);
    source.take(2);
  }
  return true;
}

async function skipText(source: PieceReader): Promise<void> {
  for (;;) {
    const bytes = await source.some(step);
    if (bytes === undefined) return;
    const end = bytes.indexOf(0);
    if (end < 0) continue;
    source.putBack(bytes.subarray(end + 1));
    return;
  }
}

/** False when the member is not a small one: then nothing was taken. */
async function* small(source: PieceReader): AsyncGenerator<Buffer, boolean> {
  const bytes = await source.peek(smallMember);
  const { buffer, engine } = inflateSync(bytes);
  if (engine.bytesWritten >= bytes.length) return false;
  source.take(engine.bytesWritten);
  if (buffer.length > 0) yield buffer;
  return true;
}

/** With `info` the function also returns the decoder, which knows how much input it used; the type declaration lacks this. */
const inflateSync = (bytes: Buffer) =>
  zlib.inflateRawSync(bytes, { ...options, info: true }) as unknown as {
    readonly buffer: Buffer;
    readonly engine: { readonly bytesWritten: number };
  };

async function* large(source: PieceReader): AsyncGenerator<Buffer> {
  const inflater = createInflater();
  try {
    for (;;) {
      const input = await source.some(step);
      if (input === undefined) {
        // A stream that is complete takes no more input.
        const used = yield* inflater.pieces(Buffer.alloc(1));
        if (used === 0) return;
        throw archiveError('it is cut off (the gzip stream ends early)');
      }
      const used = yield* inflater.pieces(input);
      if (used === input.length) continue;
      source.putBack(input.subarray(used));
      return;
    }
  } finally {
    inflater.close();
  }
}
