import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { TcomposeError } from '../../errors.ts';
import { TarReader } from '../../tar/tar-reader.ts';
import type { JobContext, JobResult, TakeSpec, TreeResult } from '../jobs/job-types.ts';
import { decompress, type OpenedArchive } from './decompress.ts';
import { explain } from './explain.ts';
import { errnoOf } from './layer-system.ts';
import { writeLayer } from './layer-writer.ts';

const pieceSize = 256 * 1024;

/** Carries out a TakeSpec. */
export async function takeBlob(spec: TakeSpec, context: JobContext): Promise<JobResult> {
  const blob = new IncomingBlob(spec, context);
  let layer: Omit<JobResult, 'digest' | 'size'> = {};
  let failed: unknown;
  try {
    if (spec.layer !== undefined) layer = await readLayer(blob, spec.layer, context);
  } catch (error) {
    // The digest will tell whether the archive was damaged in transfer; other errors, such as a full disk, are final.
    failed = error;
    if (!isArchiveError(error)) throw explain(error, spec.layer?.tree ?? spec.file, blob.size);
  } finally {
    try {
      if (failed === undefined || isArchiveError(failed)) await blob.drain();
    } catch (error) {
      failed = explain(error, spec.file, blob.size);
    } finally {
      blob.close();
    }
  }
  const digest = blob.verified();
  if (failed !== undefined) throw failed;
  // The digest of an uncompressed blob is also its DiffID, unless the blob's is not sha256.
  return { ...(spec.layer === undefined ? {} : { diffId: digest }), ...layer, digest, size: blob.size };
}

const isArchiveError = (error: unknown): boolean =>
  (error instanceof TcomposeError && error.code === 'IMAGE_ARCHIVE') ||
  ['ENAMETOOLONG', 'ELOOP', 'EINVAL', 'ENOENT', 'ENOTDIR', 'EEXIST', 'EPERM'].includes(errnoOf(error));

/** The bytes of a blob, kept in a file and hashed on the way. */
class IncomingBlob {
  readonly #spec: TakeSpec;
  readonly #context: JobContext;
  readonly #fd: number;
  readonly #hash: Hash;
  readonly algorithm: string;
  /** How many of the bytes the file held at the start. */
  readonly #held: number;
  #digest: string | undefined;
  #ended = false;
  size = 0;

  constructor(spec: TakeSpec, context: JobContext) {
    this.#spec = spec;
    this.#context = context;
    this.algorithm = spec.expected?.digest.split(':', 1)[0] ?? 'sha256';
    this.#hash = createHash(this.algorithm);
    const access = spec.input ? constants.O_RDWR | constants.O_CREAT : constants.O_RDONLY;
    this.#fd = openSync(spec.file, access, 0o600);
    this.#held = fstatSync(this.#fd).size;
  }

  /** The chunks in order, to whichever reader asks. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined;
    this.#context.check();
    const chunk = this.size < this.#held ? this.#fromFile() : await this.#fromInput();
    if (chunk === undefined) {
      this.#ended = true;
      return undefined;
    }
    this.#hash.update(chunk);
    this.size += chunk.length;
    const most = this.#spec.expected?.size ?? Number.POSITIVE_INFINITY;
    if (this.size > most) throw wrongSize(this.#spec, `more than ${most} bytes`);
    return chunk;
  }

  #fromFile(): Uint8Array {
    const piece = Buffer.allocUnsafe(Math.min(pieceSize, this.#held - this.size));
    const read = readSync(this.#fd, piece, 0, piece.length, this.size);
    if (read === 0) throw wrongSize(this.#spec, 'a file that became shorter');
    this.#context.taken(read, false);
    return piece.subarray(0, read);
  }

  async #fromInput(): Promise<Uint8Array | undefined> {
    if (!this.#spec.input) return undefined;
    const chunk = await this.#context.next();
    if (chunk === undefined) return undefined;
    this.#context.beforeWrite(this.#spec.file);
    for (let at = 0; at < chunk.length; )
      at += writeSync(this.#fd, chunk, at, chunk.length - at, this.size + at);
    this.#context.taken(chunk.length, true);
    return chunk;
  }

  async drain(): Promise<void> {
    while ((await this.next()) !== undefined) {}
  }

  /** Its digest. @throws TcomposeError IMAGE_BLOB when it is not what was expected */
  verified(): string {
    this.#digest ??= `${this.algorithm}:${this.#hash.digest('hex')}`;
    const { expected } = this.#spec;
    if (expected !== undefined && this.size !== expected.size)
      throw wrongSize(this.#spec, `${this.size} bytes`);
    if (expected !== undefined && this.#digest !== expected.digest)
      throw new TcomposeError('IMAGE_BLOB', `the blob ${expected.digest} has the digest ${this.#digest}`, {
        hint: 'It was damaged on its way, or where it came from; try again.',
      });
    return this.#digest;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function wrongSize(spec: TakeSpec, what: string): TcomposeError {
  const { digest = spec.file, size } = spec.expected ?? {};
  return new TcomposeError('IMAGE_BLOB', `the blob ${digest} has ${what}, and ${size} were announced`, {
    hint: 'It was damaged on its way, or where it came from; try again.',
  });
}

async function readLayer(
  blob: IncomingBlob,
  options: NonNullable<TakeSpec['layer']>,
  context: JobContext,
): Promise<Omit<JobResult, 'digest' | 'size'>> {
  // A reader that stops early leaves the rest to `drain`.
  const source: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const value = await blob.next();
        return value === undefined ? { done: true, value: undefined } : { done: false, value };
      },
    }),
  };
  const opened = await decompress(source);
  const { compression } = opened;
  const same = compression === undefined && blob.algorithm === 'sha256';
  const hash = same ? undefined : createHash('sha256');
  const chunks = hash === undefined ? opened.chunks : hashed(opened, hash);
  const tree = await unpack(chunks, options, context);
  return {
    ...(tree === undefined ? {} : { tree }),
    ...(compression === undefined ? {} : { compression }),
    ...(hash === undefined ? {} : { diffId: `sha256:${hash.digest('hex')}` }),
  };
}

async function* hashed({ chunks }: OpenedArchive, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

async function unpack(
  chunks: AsyncGenerator<Uint8Array>,
  options: NonNullable<TakeSpec['layer']>,
  context: JobContext,
): Promise<TreeResult | undefined> {
  if (options.tree === undefined) {
    for await (const _ of chunks);
    return undefined;
  }
  const reader = new TarReader(chunks, { sparse: true, mayBeEmpty: options.mayBeEmpty });
  let total = 0;
  try {
    return await writeLayer(reader, options.tree, {
      ...options,
      system: context.system,
      warn: context.warn,
      sync: context.sync,
      growing: (path, size) => {
        context.beforeWrite(path);
        total += size;
        if (total > options.largest)
          throw new TcomposeError(
            'IMAGE_ARCHIVE',
            `the archive cannot be used: its files have more than ${options.largest} bytes, the most that is allowed`,
            { hint: 'images.largestLayerGiB in engine.json allows more.' },
          );
      },
    });
  } finally {
    await reader.close().catch(() => undefined);
  }
}
