import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { BlobWriter, Descriptor } from '../ingest-types.ts';
import type { JobResult, RunningJob, UnpackOptions } from '../jobs/job-types.ts';
import { explain } from '../unpack/explain.ts';
import { newStaging, type Shelf } from './shelf.ts';

const closed = () => new TcomposeError('IMAGE_STORE', 'the blob is written, or was given up');

const wrongSize = ({ digest, size }: Descriptor) =>
  new TcomposeError(
    'IMAGE_BLOB',
    `the blob ${digest} has more than ${size} bytes, as many as were announced`,
    {
      hint: 'It was damaged on its way, or where it came from; try again.',
    },
  );

/** Checks a blob in memory against its descriptor. @throws TcomposeError IMAGE_BLOB */
export function verify({ digest, size }: Descriptor, data: Uint8Array): void {
  const algorithm = digest.split(':', 1)[0]!;
  const found = `${algorithm}:${createHash(algorithm).update(data).digest('hex')}`;
  if (data.length === size && found === digest) return;
  throw new TcomposeError(
    'IMAGE_BLOB',
    data.length === size
      ? `the blob ${digest} has the digest ${found}`
      : `the blob ${digest} has ${data.length} bytes, and ${size} were announced`,
    { hint: 'It was damaged on its way, or where it came from; try again.' },
  );
}

/** For small blobs, kept in memory until they are complete. `settled` is called once, on success or failure. */
export class MemoryWriter implements BlobWriter {
  readonly #descriptor: Descriptor;
  readonly #store: (data: Buffer) => Promise<void>;
  readonly #settled: () => void;
  #parts: Buffer[] = [];
  #open = true;
  offset = 0;

  constructor(descriptor: Descriptor, store: (data: Buffer) => Promise<void>, settled: () => void) {
    this.#descriptor = descriptor;
    this.#store = store;
    this.#settled = settled;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (!this.#open) throw closed();
    this.offset += chunk.length;
    if (this.offset > this.#descriptor.size) {
      await this.abort();
      throw wrongSize(this.#descriptor);
    }
    this.#parts.push(Buffer.from(chunk));
  }

  async restart(): Promise<void> {
    this.#parts = [];
    this.offset = 0;
  }

  async commit(): Promise<void> {
    if (!this.#open) throw closed();
    try {
      const data = Buffer.concat(this.#parts);
      verify(this.#descriptor, data);
      await this.#store(data);
    } finally {
      await this.abort();
    }
  }

  suspend(): Promise<void> {
    return this.abort();
  }

  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#parts = [];
    this.#settled();
  }
}

/** What a FileWriter has to write, and what happens afterwards. */
export interface FileWriting {
  readonly shelf: Shelf;
  readonly descriptor: Descriptor;
  /** For a layer: unpack it too, unless its tree exists. */
  readonly layer?: UnpackOptions & { readonly unpack: boolean };
  readonly progress: (bytes: number) => void;
  /** Called with the outcome and the staging directory (with the tree in `diff`) it was unpacked in. */
  readonly finish: (result: JobResult, staging: string | undefined) => Promise<void>;
  /** Called once, on success or failure. */
  readonly settled: () => void;
}

/** For layers and other large blobs: a job processes them as they arrive; their beginning is kept when the transfer breaks. */
export class FileWriter implements BlobWriter {
  readonly #writing: FileWriting;
  #job: RunningJob;
  #staging: string | undefined;
  #open = true;
  offset: number;

  constructor(writing: FileWriting) {
    this.#writing = writing;
    this.offset = writing.shelf.blobs.partialSize(writing.descriptor.digest);
    this.#job = this.#start();
  }

  #start(): RunningJob {
    const { shelf, descriptor, layer, progress } = this.#writing;
    const { unpack = false, ...options } = layer ?? {};
    if (unpack) {
      this.#staging = newStaging(shelf);
      mkdirSync(this.#staging, { mode: 0o700 });
      mkdirSync(join(this.#staging, 'diff'), { mode: 0o755 });
    }
    const tree = this.#staging === undefined ? {} : { tree: join(this.#staging, 'diff') };
    return shelf.jobs.start(
      {
        kind: 'take',
        file: shelf.blobs.partialPath(descriptor.digest),
        input: true,
        expected: { digest: descriptor.digest, size: descriptor.size },
        ...(layer === undefined ? {} : { layer: { ...(options as UnpackOptions), ...tree } }),
      },
      { progress, warn: shelf.warn },
    );
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (!this.#open) throw closed();
    this.offset += chunk.length;
    try {
      if (this.offset > this.#writing.descriptor.size) throw wrongSize(this.#writing.descriptor);
      await this.#job.write(chunk);
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  async restart(): Promise<void> {
    if (!this.#open) throw closed();
    await this.#stop();
    await this.#writing.shelf.blobs.removePartial(this.#writing.descriptor.digest);
    this.offset = 0;
    this.#job = this.#start();
  }

  async commit(): Promise<void> {
    if (!this.#open) throw closed();
    const { shelf, descriptor, finish, settled } = this.#writing;
    try {
      const result = await this.#job.end();
      await finish(result, this.#staging);
      await shelf.blobs.adopt(shelf.blobs.partialPath(descriptor.digest), descriptor.digest);
    } catch (error) {
      await this.abort();
      throw explain(error, shelf.root, this.offset);
    }
    this.#open = false;
    settled();
  }

  async suspend(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#stop();
    this.#writing.settled();
  }

  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#stop();
    await this.#writing.shelf.blobs.removePartial(this.#writing.descriptor.digest);
    this.#writing.settled();
  }

  async #stop(): Promise<void> {
    await this.#job.cancel();
    if (this.#staging !== undefined) await rm(this.#staging, { recursive: true, force: true });
    this.#staging = undefined;
  }
}
