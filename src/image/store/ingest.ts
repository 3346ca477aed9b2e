import { mkdirSync } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { chainIds } from '../digest.ts';
import type {
  BlobRequest,
  BlobWriter,
  Descriptor,
  ImageToCommit,
  Ingest,
  LayerRequest,
} from '../ingest-types.ts';
import type { JobResult } from '../jobs/job-types.ts';
import type { ImageRecord } from '../record-types.ts';
import { explain } from '../unpack/explain.ts';
import { FileWriter, MemoryWriter, verify } from './blob-writers.ts';
import { recordImage } from './record-image.ts';
import { type Lease, newStaging, type Shelf } from './shelf.ts';

/** Blobs up to this many bytes are written through memory. */
const small = 8 * 1024 * 1024;
/** Unpacked bytes for each compressed byte, roughly. */
const expansion = 3;
/** Inodes that an image needs at least. */
const fewestInodes = 1000;

/** See Ingest. */
export class StoreIngest implements Ingest, Lease {
  readonly #shelf: Shelf;
  readonly #toRecord: (id: string) => ImageRecord;
  readonly #writers = new Set<BlobWriter>();
  #released = false;
  readonly digests = new Set<string>();
  readonly chains = new Set<string>();
  /** Something was written that must be synced before the image is recorded. */
  dirty = false;

  constructor(shelf: Shelf, toRecord: (id: string) => ImageRecord) {
    this.#shelf = shelf;
    this.#toRecord = toRecord;
    shelf.leases.add(this);
  }

  async reserve(compressed: number): Promise<void> {
    const { bavail, bsize, ffree, files } = await statfs(this.#shelf.root);
    const needed = compressed * (1 + expansion);
    const free = bavail * bsize;
    if (free >= needed && (files === 0 || ffree >= fewestInodes)) return;
    throw new TcomposeError(
      'IMAGE_NO_SPACE',
      free < needed
        ? `the disk of ${this.#shelf.root} has ${free} bytes free, and the image needs about ${needed}`
        : `the disk of ${this.#shelf.root} has ${ffree} inodes left`,
      { hint: 'Free some space (`tcompose image prune`), or put TCOMPOSE_ROOT on a larger file system.' },
    );
  }

  async blob(descriptor: Descriptor): Promise<BlobRequest> {
    this.#use(descriptor);
    const { digest, size, data } = descriptor;
    if (data !== undefined) {
      await this.put(descriptor, Buffer.from(data, 'base64'));
      return { kind: 'present' };
    }
    if (await this.#intact(descriptor)) return { kind: 'present' };
    const busy = this.#shelf.busy.get(digest);
    if (busy !== undefined) return { kind: 'elsewhere', ...busy };
    if (size > small) return this.#write({ descriptor, finish: async () => {} });
    const settled = this.#occupy(digest, () => writer.offset);
    const writer = new MemoryWriter(descriptor, (bytes) => this.#keep(digest, bytes), settled);
    this.#writers.add(writer);
    return { kind: 'write', writer };
  }

  async put(descriptor: Descriptor, data: Uint8Array): Promise<void> {
    this.#use(descriptor);
    verify(descriptor, data);
    await this.#keep(descriptor.digest, data);
  }

  async layer(request: LayerRequest): Promise<BlobRequest> {
    const { descriptor, diffIds } = request;
    this.#use(descriptor);
    const { digest, size } = descriptor;
    const diffId = diffIds.at(-1)!;
    const chainId = chainIds(diffIds).at(-1)!;
    this.chains.add(chainId);
    const { shelf } = { shelf: this.#shelf };
    const busy = shelf.busy.get(digest);
    if (busy !== undefined) return { kind: 'elsewhere', ...busy };
    const staged = shelf.staged.get(chainId);
    staged?.users.add(this);
    // The ingest that unpacked it may give up, and leave the sync to others.
    if (staged !== undefined) this.dirty = true;
    const unpack = staged === undefined && shelf.layers.info(chainId) === undefined;
    if (shelf.blobs.size(digest) === size) {
      if (!unpack && shelf.contents.get(digest) === diffId) return { kind: 'present' };
      if (await this.#fromStore(request, chainId, unpack)) return { kind: 'present' };
    }
    if (size === 0 || descriptor.data !== undefined) {
      await this.put(descriptor, Buffer.from(descriptor.data ?? '', 'base64'));
      await this.#fromStore(request, chainId, unpack);
      return { kind: 'present' };
    }
    return this.#write({
      descriptor,
      layer: { ...shelf.unpack, mayBeEmpty: true, unpack },
      progress: request.unpacked,
      finish: (result, staging) => this.#unpacked(descriptor, { diffId, chainId }, result, staging),
    });
  }

  hold(image: ImageRecord): void {
    for (const chainId of image.chain) this.chains.add(chainId);
    this.digests.add(image.id);
    const stored = this.#shelf.metadata.image(image.id);
    if (stored === undefined) return;
    for (const { digest } of [
      stored.manifest,
      ...(stored.index === undefined ? [] : [stored.index]),
      ...stored.layers,
    ])
      this.digests.add(digest);
  }

  async commit(image: ImageToCommit): Promise<ImageRecord> {
    try {
      const id = await recordImage(this.#shelf, this, image);
      this.dirty = false;
      return this.#toRecord(id);
    } catch (error) {
      throw explain(error, this.#shelf.root, 0);
    }
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    for (const writer of this.#writers) await writer.suspend();
    this.#shelf.leases.delete(this);
    for (const [chainId, tree] of this.#shelf.staged) {
      tree.users.delete(this);
      if (tree.users.size > 0) continue;
      this.#shelf.staged.delete(chainId);
      await rm(tree.directory, { recursive: true, force: true });
    }
  }

  #use({ digest }: Descriptor): void {
    if (this.#released) throw new TcomposeError('IMAGE_STORE', 'the ingest was released');
    // This checks the digest, too, before it becomes a path.
    this.#shelf.blobs.path(digest);
    this.digests.add(digest);
  }

  /** Whether a blob is in the store and undamaged: small ones are read to find out. */
  async #intact(descriptor: Descriptor): Promise<boolean> {
    const { blobs } = this.#shelf;
    if (blobs.size(descriptor.digest) !== descriptor.size) return false;
    if (descriptor.size > small) return true;
    const data = await blobs.read(descriptor.digest);
    try {
      if (data !== undefined) verify(descriptor, data);
      return data !== undefined;
    } catch {
      await blobs.remove(descriptor.digest);
      return false;
    }
  }

  async #keep(digest: string, data: Uint8Array): Promise<void> {
    const { blobs, beforeWrite, root } = this.#shelf;
    try {
      beforeWrite(blobs.path(digest));
      if (await blobs.put(digest, data)) this.dirty = true;
    } catch (error) {
      throw explain(error, root, 0);
    }
  }

  /** Marks a blob as being written; returns the function that ends this. */
  #occupy(digest: string, offset: () => number): () => void {
    let settle = (): void => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#shelf.busy.set(digest, { settled, offset });
    return () => {
      this.#shelf.busy.delete(digest);
      settle();
    };
  }

  #write(
    writing: Pick<ConstructorParameters<typeof FileWriter>[0], 'descriptor' | 'layer' | 'finish'> & {
      readonly progress?: ((bytes: number) => void) | undefined;
    },
  ): BlobRequest {
    const shelf = this.#shelf;
    const { digest, size } = writing.descriptor;
    // What is longer than it may be is no beginning of it.
    const settled = this.#occupy(digest, () => writer.offset);
    const { progress = () => {}, ...rest } = writing;
    const finish: typeof writing.finish = async (result, staging) => {
      await writing.finish(result, staging);
      this.dirty = true;
    };
    const writer = new FileWriter({ ...rest, shelf, progress, finish, settled });
    this.#writers.add(writer);
    if (writer.offset <= size) return { kind: 'write', writer };
    void writer.abort();
    return {
      kind: 'elsewhere',
      settled: shelf.busy.get(digest)?.settled ?? Promise.resolve(),
      offset: () => 0,
    };
  }

  /** Unpacks a layer whose blob is in the store; false when the blob is damaged, in which case it is removed. */
  async #fromStore(request: LayerRequest, chainId: string, unpack: boolean): Promise<boolean> {
    const shelf = this.#shelf;
    const { descriptor, diffIds } = request;
    const { digest, size } = descriptor;
    let done = 0;
    const settled = this.#occupy(digest, () => done);
    const staging = unpack ? newStaging(shelf) : undefined;
    try {
      if (staging !== undefined) {
        mkdirSync(staging, { mode: 0o700 });
        mkdirSync(join(staging, 'diff'), { mode: 0o755 });
      }
      const tree = staging === undefined ? {} : { tree: join(staging, 'diff') };
      const job = shelf.jobs.start(
        {
          kind: 'take',
          file: shelf.blobs.path(digest),
          input: false,
          expected: { digest, size },
          layer: { ...shelf.unpack, mayBeEmpty: true, ...tree },
        },
        {
          progress: (bytes) => {
            done = bytes;
            request.unpacked?.(bytes);
          },
          warn: shelf.warn,
        },
      );
      await this.#unpacked(descriptor, { diffId: diffIds.at(-1)!, chainId }, await job.end(), staging);
      if (unpack) this.dirty = true;
      return true;
    } catch (error) {
      if (staging !== undefined) await rm(staging, { recursive: true, force: true });
      if (!(error instanceof TcomposeError && error.code === 'IMAGE_BLOB'))
        throw explain(error, shelf.root, done);
      await shelf.blobs.remove(digest);
      return false;
    } finally {
      settled();
    }
  }

  async #unpacked(
    { digest }: Descriptor,
    { diffId, chainId }: { readonly diffId: string; readonly chainId: string },
    result: JobResult,
    staging: string | undefined,
  ): Promise<void> {
    if (result.diffId !== diffId)
      throw new TcomposeError(
        'IMAGE_ARCHIVE',
        `invalid diffID for layer ${digest}: expected "${diffId}", got "${result.diffId}"`,
        { hint: 'The image is damaged where it comes from: its layer is not what its configuration names.' },
      );
    this.#shelf.contents.set(digest, diffId);
    if (staging === undefined || result.tree === undefined) return;
    this.stage(chainId, staging, { ...result, tree: result.tree, diffId });
  }

  /** Keeps an unpacked tree until it is recorded; of two equal trees, the first. */
  stage(
    chainId: string,
    directory: string,
    { tree, diffId }: JobResult & Required<Pick<JobResult, 'tree' | 'diffId'>>,
  ): void {
    this.chains.add(chainId);
    const there = this.#shelf.staged.get(chainId);
    if (there !== undefined) {
      there.users.add(this);
      void rm(directory, { recursive: true, force: true });
      return;
    }
    this.#shelf.staged.set(chainId, {
      directory,
      info: { diffId, size: tree.size },
      marks: tree,
      users: new Set([this]),
    });
    this.dirty = true;
  }
}
