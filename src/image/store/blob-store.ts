import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf, sha256 } from '../digest.ts';
import type { Descriptor } from './image-metadata.ts';
import { writeFileAtomically } from './write-file.ts';

/** Content by digest: `blobs/sha256/<hex>`, each complete as soon as it is there. */
export class BlobStore {
  readonly #directory: string;

  constructor(root: string) {
    this.#directory = join(root, 'blobs', 'sha256');
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.#directory))
      if (name.includes('.tmp-')) rmSync(join(this.#directory, name), { force: true });
  }

  path(digest: string): string {
    return join(this.#directory, hexOf(digest));
  }

  /** Hex digests of all blobs. */
  list(): string[] {
    return readdirSync(this.#directory);
  }

  /** Keeps a small blob. */
  async put(mediaType: string, data: string): Promise<Descriptor> {
    const digest = sha256(data);
    await writeFileAtomically(this.path(digest), data);
    return { mediaType, digest, size: Buffer.byteLength(data) };
  }

  /** Takes over a finished file of the same file system. */
  async adopt(file: string, digest: string): Promise<void> {
    await rename(file, this.path(digest));
  }

  async remove(digest: string): Promise<void> {
    await rm(this.path(digest), { force: true });
  }
}

/** A stream on its way through a file: passes chunks on, keeps a copy and the digest. */
export class BlobRecorder {
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  size = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Writes to the new file `path`; `close` must be called whatever happens. */
  static async create(path: string): Promise<BlobRecorder> {
    return new BlobRecorder(await open(path, 'wx', 0o600));
  }

  async *record(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#hash.update(chunk);
      for (let at = 0; at < chunk.length; ) at += (await this.#file.write(chunk, at)).bytesWritten;
      this.size += chunk.length;
      yield chunk;
    }
  }

  /** Digest of all that went through; once. */
  digest(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
