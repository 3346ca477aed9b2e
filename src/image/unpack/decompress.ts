import { PassThrough, pipeline, Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { archiveError } from '../../tar/archive-error.ts';

const formats: readonly { readonly name: string; readonly magic: readonly number[] }[] = [
  { name: 'gzip', magic: [0x1f, 0x8b] },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
];

/** An archive's uncompressed bytes, and whether they differ from the bytes it came as. */
export interface OpenedArchive {
  readonly compressed: boolean;
  readonly chunks: AsyncGenerator<Uint8Array>;
}

/**
 * Opens a plain, gzip or (where this Node has it) zstd stream, told apart by its first bytes. Damage of the compressed data
 * is an IMAGE_ARCHIVE error of `chunks`.
 * @throws TcomposeError IMAGE_ARCHIVE for a format that can't be read
 */
export async function decompress(source: AsyncIterable<Uint8Array>): Promise<OpenedArchive> {
  const { head, chunks } = await peek(source, 6);
  const format = formats.find(({ magic }) => magic.every((byte, i) => head[i] === byte))?.name;
  if (format === undefined) return { compressed: false, chunks };
  const decoder = decoderFor(format);
  if (decoder !== undefined) return { compressed: true, chunks: decode(chunks, decoder, format) };
  await chunks.return(undefined);
  throw archiveError(`it is compressed with ${format}, which this Node can not read; unpack it first`);
}

async function* decode(
  chunks: AsyncIterable<Uint8Array>,
  decoder: Transform,
  format: string,
): AsyncGenerator<Uint8Array> {
  let sourceError: unknown;
  // Errors of the source reach the decoder through the pipeline; which of the two failed tells what to say.
  const feed = Readable.from(chunks).on('error', (error) => {
    sourceError = error;
  });
  const out = pipeline(feed, decoder, new PassThrough({ highWaterMark: 256 * 1024 }), () => {});
  try {
    yield* out as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (sourceError !== undefined) throw sourceError;
    const cutOff = /unexpected end/i.test(String((error as Error).message));
    throw archiveError(
      cutOff ? `it is cut off (the ${format} stream ends early)` : `its ${format} data is damaged`,
      error,
    );
  }
}

function decoderFor(format: string): Transform | undefined {
  const chunkSize = 256 * 1024;
  if (format === 'gzip') return zlib.createGunzip({ chunkSize });
  const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: object) => Transform };
  if (format === 'zstd') return createZstdDecompress?.({ chunkSize });
  return undefined;
}

/** The first bytes (fewer when the stream is shorter), and the whole stream. */
async function peek(
  source: AsyncIterable<Uint8Array>,
  size: number,
): Promise<{ head: Buffer; chunks: AsyncGenerator<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < size) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    length += next.value.length;
  }
  async function* chunks() {
    try {
      yield* first;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { head: Buffer.concat(first), chunks: chunks() };
}
