import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { isDigest } from '../config-facts.ts';
import type { OpenBlob } from '../ingest-types.ts';
import { writeFileAtomically } from './write-file.ts';

const algorithms = ['sha256', 'sha384', 'sha512'];
const pieceSize = 256 * 1024;

/** A file of the store that belongs to no image. */
export interface LooseFile {
  readonly digest: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly changed: number;
}

/**
 * Content by digest: `blobs/<algorithm>/<hex>`, each complete as soon as it exists, and `partial/<algorithm>-<hex>`,
 * the beginning of a blob whose transfer broke.
 */
export class BlobStore {
  readonly #blobs: string;
  readonly #partial: string;

  constructor(root: string) {
    this.#blobs = join(root, 'blobs');
    this.#partial = join(root, 'partial');
    mkdirSync(this.#partial, { recursive: true, mode: 0o700 });
    for (const algorithm of algorithms) {
      const directory = join(this.#blobs, algorithm);
      if (algorithm === 'sha256') mkdirSync(directory, { recursive: true, mode: 0o700 });
      else if (!existsSync(directory)) continue;
      for (const name of readdirSync(directory))
        if (name.includes('.tmp-')) rmSync(join(directory, name), { force: true });
    }
  }

  /** @throws TcomposeError IMAGE_STORE when it is not a digest */
  path(digest: string): string {
    if (!isDigest(digest))
      throw new TcomposeError('IMAGE_STORE', `${JSON.stringify(digest)} is not a digest`);
    const [algorithm = '', hex = ''] = digest.split(':');
    return join(this.#blobs, algorithm, hex);
  }

  /** Where the beginning of a blob is kept. */
  partialPath(digest: string): string {
    return join(this.#partial, this.path(digest).split('/').slice(-2).join('-'));
  }

  /** Size of a blob in bytes; undefined when it is not in the store. */
  size(digest: string): number | undefined {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.size;
  }

  partialSize(digest: string): number {
    return statSync(this.partialPath(digest), { throwIfNoEntry: false })?.size ?? 0;
  }

  list(): LooseFile[] {
    return algorithms.flatMap((algorithm) =>
      filesIn(join(this.#blobs, algorithm)).map(({ name, ...rest }) => ({
        digest: `${algorithm}:${name}`,
        ...rest,
      })),
    );
  }

  partials(): LooseFile[] {
    return filesIn(this.#partial).map(({ name, ...rest }) => ({ digest: name.replace('-', ':'), ...rest }));
  }

  /** Keeps a small blob whose digest the caller has checked. False when it was there already. */
  async put(digest: string, data: Uint8Array): Promise<boolean> {
    if (this.size(digest) === data.length) return false;
    this.#ready(digest);
    await writeFileAtomically(this.path(digest), data);
    return true;
  }

  async read(digest: string): Promise<Buffer | undefined> {
    try {
      return await readFile(this.path(digest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Takes over a complete file of the same file system. */
  async adopt(file: string, digest: string): Promise<void> {
    this.#ready(digest);
    await rename(file, this.path(digest));
  }

  async open(digest: string): Promise<OpenBlob | undefined> {
    let file: FileHandle;
    try {
      file = await open(this.path(digest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const { size } = await file.stat();
    return {
      size,
      stream: (offset = 0) => pieces(file, offset, size),
      close: () => file.close().catch(() => {}),
    };
  }

  async remove(digest: string): Promise<void> {
    await rm(this.path(digest), { force: true });
  }

  async removePartial(digest: string): Promise<void> {
    await rm(this.partialPath(digest), { force: true });
  }

  #ready(digest: string): void {
    mkdirSync(join(this.path(digest), '..'), { recursive: true, mode: 0o700 });
  }
}

async function* pieces(file: FileHandle, offset: number, size: number): AsyncGenerator<Uint8Array> {
  for (let at = offset; at < size; ) {
    const piece = Buffer.allocUnsafe(Math.min(pieceSize, size - at));
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    if (bytesRead === 0) throw new TcomposeError('IMAGE_STORE', 'a blob became shorter while it was read');
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

function filesIn(
  directory: string,
): { readonly name: string; readonly size: number; readonly changed: number }[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((name) => {
    const stat = statSync(join(directory, name), { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ name, size: stat.size, changed: stat.mtimeMs }];
  });
}
