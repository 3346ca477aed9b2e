import type { LentTree } from '../../confined/lent-tree.ts';
import type { IdSwap } from '../../id-swap.ts';
import type { EarlierSpec } from '../pack/earlier-archive.ts';
import type { Compression } from '../unpack/decompress.ts';
import type { LayerSystem } from '../unpack/layer-system.ts';
import type { LayerMarks } from '../unpack/layer-writer.ts';

/** Work that is too heavy for the engine's event loop. Plain data: it is sent to another thread. */
export type JobSpec = BlobSpec | ArchiveSpec;

export type BlobSpec = TakeSpec | PackSpec;

/** A copy into or out of a tree that containers can change. */
export type ArchiveSpec = PutSpec | GetSpec;

/**
 * Takes in a blob: first what `file` already holds of it, then what is written to the job. Hashes it, and unpacks it at
 * the same time.
 */
export interface TakeSpec {
  readonly kind: 'take';
  /** Holds the blob afterwards, or as much of it as had arrived when the job was cancelled or failed. */
  readonly file: string;
  /** More bytes follow those in the file. */
  readonly input: boolean;
  /** What the blob must match; when absent, sha256 is used and any size is accepted. */
  readonly expected?: { readonly digest: string; readonly size: number };
  /** It is a layer: compute the digest of its uncompressed content, and unpack it into `tree`, a new directory. */
  readonly layer?: { readonly tree?: string } & UnpackOptions;
}

export interface UnpackOptions {
  readonly userxattr: boolean;
  readonly ownership: boolean;
  /** Most bytes that the files of a layer may have together, holes included. */
  readonly largest: number;
  /** A blob of no bytes is a layer without files. */
  readonly mayBeEmpty: boolean;
}

/** Makes a layer from an overlay's upper directory: a tar, compressed with gzip into the new file `file`. */
export interface PackSpec {
  readonly kind: 'pack';
  readonly directory: string;
  /** Names at its top to leave out. */
  readonly without: readonly string[];
  readonly file: string;
  /** A new directory on the same file system that gets the layer's tree, as hard links to the directory's files. */
  readonly tree?: string;
  /** Seconds since the epoch; no time in the archive is later. */
  readonly latest?: number;
  /** Path for the archive's index. */
  readonly index?: string;
  /** A layer that contains some of the files in the same bytes. */
  readonly earlier?: EarlierSpec;
}

/** Unpacks the archive that is written to the job (a tar, plain or compressed with gzip or zstd) into a directory. */
export interface PutSpec extends PutOptions {
  readonly kind: 'put';
  /** Stays open until the job has ended. */
  readonly tree: LentTree;
}

export interface PutOptions {
  /** The directory, a path in the tree. */
  readonly base: string;
  /** The owner of all files, or `archive` for the owners that the archive names. */
  readonly owner: 'archive' | { readonly uid: number; readonly gid: number };
  /** What those ids are in the tree, if they differ. */
  readonly owners: IdSwap | undefined;
  /** Refuse to replace a directory with a non-directory, or the other way round. */
  readonly noOverwriteDirNonDir: boolean;
  /** Paths at and below which nothing may be written (true), or may be written (false); the nearest one counts. */
  readonly readOnly: ReadonlyMap<string, boolean>;
}

/** Sends an entry and everything below it as a tar to the listener's `output`. */
export interface GetSpec {
  readonly kind: 'get';
  /** `tree` and `fd` stay open until the job has ended. */
  readonly tree: LentTree;
  /** The entry: its path in the tree and its descriptor. */
  readonly path: string;
  readonly fd: number;
  /** What the tree's ids are in the tar, if they differ. */
  readonly owners: IdSwap | undefined;
  /** The first name in the tar, bytes in latin1. */
  readonly name: string;
}

export interface ArchiveResult {
  /** Bytes of the archive that were read or sent. */
  readonly size: number;
}

export type ResultOf<Spec extends JobSpec> = Spec extends ArchiveSpec ? ArchiveResult : JobResult;

export interface TreeResult extends LayerMarks {
  /** Bytes of file data. */
  readonly size: number;
  readonly entries: number;
}

export interface JobResult {
  readonly digest: string;
  readonly size: number;
  /** Of a layer. */
  readonly diffId?: string;
  readonly compression?: Compression;
  readonly tree?: TreeResult;
}

/** What a job reports while it runs. */
export interface JobListener {
  /** Bytes of the blob that have been processed in total. */
  readonly progress?: (bytes: number) => void;
  readonly warn: (message: string) => void;
  /** Takes what the job sends, piece by piece; the job sends at most 1 MiB ahead of what has been taken. */
  readonly output?: (bytes: Uint8Array) => Promise<void>;
}

/** What a job needs from the thread that it runs in. */
export interface JobContext {
  readonly system: Pick<LayerSystem, 'makeNode' | 'setExtendedAttribute'>;
  /** Bytes that follow those of the file; undefined after the last. */
  readonly next: () => Promise<Uint8Array | undefined>;
  /** `input`: the bytes came from `next`. */
  readonly taken: (bytes: number, input: boolean) => void;
  /** Sends bytes to the listener's `output` and takes over their memory; resolves when there is room for more. */
  readonly send: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  readonly warn: (message: string) => void;
  /** Called before each write, with its path: throws where a test has filled the disk. */
  readonly beforeWrite: (path: string) => void;
  /** Throws when the job is no longer wanted. */
  readonly check: () => void;
  /** This thread may wait for the disk. */
  readonly sync: boolean;
}

export interface RunningJob<Result = JobResult> {
  /**
   * Gives the job a copy of more bytes; resolves when there is room for the next. Rejects, like `end`, with the error
   * that made the job fail.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** No more bytes follow. */
  end(): Promise<Result>;
  /** Rejects, like `end`, as soon as the job has failed. */
  readonly done: Promise<Result>;
  /** Resolves when the job has stopped and closed its files; what it wrote stays in place. Idempotent. */
  cancel(): Promise<void>;
}

/** Where jobs run. */
export interface JobRunner<Specs extends JobSpec = JobSpec> {
  start<Spec extends Specs>(spec: Spec, listener: JobListener): RunningJob<ResultOf<Spec>>;
  close(): Promise<void>;
}
