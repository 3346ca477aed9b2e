import { type ChildProcess, spawn } from 'node:child_process';
import { archiveError } from '../../tar/archive-error.ts';
import { gunzip } from './gunzip.ts';
import { PieceReader } from './piece-reader.ts';
import { isZstd, unzstd } from './unzstd.ts';

/** How a stream is compressed. */
export type Compression = 'gzip' | 'zstd' | 'xz' | 'bzip2';

/** An archive's uncompressed bytes, each chunk valid until the next is asked for, and how the archive was compressed. */
export interface OpenedArchive {
  readonly compression: Compression | undefined;
  readonly chunks: AsyncGenerator<Uint8Array>;
}

const startsWith = (head: Buffer, ...bytes: readonly number[]): boolean =>
  bytes.every((byte, index) => head[index] === byte);

/** Detects the compression from the first six bytes. */
export function compressionOf(head: Buffer): Compression | undefined {
  if (startsWith(head, 0x1f, 0x8b)) return 'gzip';
  if (isZstd(head)) return 'zstd';
  if (startsWith(head, 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) return 'xz';
  return startsWith(head, 0x42, 0x5a, 0x68) && head[3]! >= 0x31 && head[3]! <= 0x39 ? 'bzip2' : undefined;
}

/**
 * Opens a stream that is plain or compressed with gzip or zstd, or with xz or bzip2 where the program of that name is
 * installed. When the compressed data is damaged, `chunks` throws IMAGE_ARCHIVE.
 */
export async function decompress(source: AsyncIterable<Uint8Array>): Promise<OpenedArchive> {
  const reader = new PieceReader(source);
  const compression = compressionOf(await reader.peek(6));
  return { compression, chunks: closing(reader, decoded(reader, compression)) };
}

function decoded(reader: PieceReader, compression: Compression | undefined): AsyncGenerator<Uint8Array> {
  if (compression === 'gzip') return gunzip(reader);
  if (compression === 'zstd') return unzstd(reader);
  return compression === undefined ? plain(reader) : byProgram(reader, compression);
}

async function* closing(reader: PieceReader, chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    await reader.close();
  }
}

async function* plain(reader: PieceReader): AsyncGenerator<Uint8Array> {
  for (
    let bytes = await reader.some(1024 * 1024);
    bytes !== undefined;
    bytes = await reader.some(1024 * 1024)
  )
    yield bytes;
}

/** Decodes with a program of the machine. */
async function* byProgram(reader: PieceReader, name: 'xz' | 'bzip2'): AsyncGenerator<Uint8Array> {
  const child = spawn(name, ['-d', '-c', '-q'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    child.once('close', (code) => resolve(code ?? 'signal'));
  });
  let failed: unknown;
  const fed = feed(reader, child).catch((error: unknown) => {
    failed = error;
    child.kill();
  });
  try {
    for await (const bytes of child.stdout!) yield bytes as Buffer;
    const code = await ended;
    await fed;
    if (failed !== undefined) throw failed;
    if (code === 'ENOENT')
      throw archiveError(
        `it is compressed with ${name}, and the program ${name} is not installed; unpack it first`,
      );
    if (code !== 0) throw archiveError(`its ${name} data is damaged or cut off`);
  } finally {
    child.kill();
  }
}

async function feed(reader: PieceReader, { stdin }: ChildProcess): Promise<void> {
  // If the program ends early, its exit status says why.
  let open = true;
  stdin!.on('error', () => {
    open = false;
  });
  for (let bytes = await reader.some(65536); bytes !== undefined; bytes = await reader.some(65536)) {
    if (open && !stdin!.write(bytes))
      await new Promise<void>((resolve) => {
        stdin!.once('drain', resolve);
        stdin!.once('close', resolve);
      });
  }
  stdin!.end();
}
