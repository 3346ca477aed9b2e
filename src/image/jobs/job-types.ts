import type { LentTree } from '../../confined/lent-tree.ts';
import type { IdSwap } from '../../id-swap.ts';
import type { EarlierSpec } from '../pack/earlier-archive.ts';
import type { Compression } from '../unpack/decompress.ts';
import type { LayerSystem } from '../unpack/layer-system.ts';
import type { LayerMarks } from '../unpack/layer-writer.ts';

/** Work that is too much for the engine's event loop. Plain data: it goes to another thread. */
export type JobSpec = BlobSpec | ArchiveSpec;

export type BlobSpec = TakeSpec | PackSpec;

/** A copy into or out of a tree that containers have a hand in. */
export type ArchiveSpec = PutSpec | GetSpec;

/** Takes a blob: what `file` holds of it already, then what is written; hashes it, and unpacks it on the way. */
export interface TakeSpec {
  readonly kind: 'take';
  /** Holds the blob afterwards, and as much of it as there was when the job is cancelled or fails. */
  readonly file: string;
  /** More follows than the file holds. */
  readonly input: boolean;
  /** What it must be; without it, sha256 is used and any size will do. */
  readonly expected?: { readonly digest: string; readonly size: number };
  /** It is a layer: compute the digest of its uncompressed content, and unpack it into `tree`, a new directory. */
  readonly layer?: { readonly tree?: string } & UnpackOptions;
}

export interface UnpackOptions {
  readonly userxattr: boolean;
  readonly ownership: boolean;
  /** Bytes that the files of a layer may have together, holes included. */
  readonly largest: number;
  /** A blob of no bytes is a layer without files. */
  readonly mayBeEmpty: boolean;
}

/** Makes a layer of an overlay's upper directory: a tar, compressed with gzip into the new file `file`. */
export interface PackSpec {
  readonly kind: 'pack';
  readonly directory: string;
  /** Names at its top that are left out. */
  readonly without: readonly string[];
  readonly file: string;
  /** A new directory of the same file system that gets the layer's tree, with further names of the directory's files. */
  readonly tree?: string;
  /** Seconds since the epoch that no time in the archive is later than. */
  readonly latest?: number;
  /** A path for the archive's index. */
  readonly index?: string;
  /** A layer that has some of the files in the same bytes. */
  readonly earlier?: EarlierSpec;
}

/** Unpacks the archive that is written to the job (a tar, plain or compressed with gzip or zstd) below a directory. */
export interface PutSpec extends PutOptions {
  readonly kind: 'put';
  /** Stays open until the job has ended. */
  readonly tree: LentTree;
}

export interface PutOptions {
  /** The directory, a path in the tree. */
  readonly base: string;
  /** Owner of everything, or whom the archive names. */
  readonly owner: 'archive' | { readonly uid: number; readonly gid: number };
  /** What those ids are in the tree, where they are others. */
  readonly owners: IdSwap | undefined;
  /** Refuse to replace a directory by something else and the other way round. */
  readonly noOverwriteDirNonDir: boolean;
  /** Paths from which on nothing may be written (true), or may be (false); the nearest one counts. */
  readonly readOnly: ReadonlyMap<string, boolean>;
}

/** Sends an entry and what is below it as a tar, to the listener's `output`. */
export interface GetSpec {
  readonly kind: 'get';
  /** It and `fd` stay open until the job has ended. */
  readonly tree: LentTree;
  /** The entry: its path in the tree and its descriptor. */
  readonly path: string;
  readonly fd: number;
  /** What the tree's ids are in the tar, where they are others. */
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

/** What a job tells while it runs. */
export interface JobListener {
  /** Bytes of the blob that have been worked on, in all. */
  readonly progress?: (bytes: number) => void;
  readonly warn: (message: string) => void;
  /** Takes what the job sends, piece by piece; it sends no more than 1 MiB ahead of what has been taken. */
  readonly output?: (bytes: Uint8Array) => Promise<void>;
}

/** What a job needs of the thread that it runs in. */
export interface JobContext {
  readonly system: Pick<LayerSystem, 'makeNode' | 'setExtendedAttribute'>;
  /** Bytes to come behind those of the file; undefined behind the last. */
  readonly next: () => Promise<Uint8Array | undefined>;
  /** `input`: they came by `next`. */
  readonly taken: (bytes: number, input: boolean) => void;
  /** Sends bytes, whose memory it takes over, to the listener's `output`; resolves when there is room for more. */
  readonly send: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  readonly warn: (message: string) => void;
  /** Called before each write, with its path: throws where a test has filled the disk. */
  readonly beforeWrite: (path: string) => void;
  /** Throws when the job is not wanted any more. */
  readonly check: () => void;
  /** This thread may wait for the disk. */
  readonly sync: boolean;
}

export interface RunningJob<Result = JobResult> {
  /**
   * Gives it a copy of more bytes; resolves when there is room for the next. Rejects, as `end`, with what made the job
   * fail.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** Nothing follows. */
  end(): Promise<Result>;
  /** Rejects as `end` as soon as the job has failed. */
  readonly done: Promise<Result>;
  /** Resolves when it has stopped and closed its files; what it wrote is left where it is. Idempotent. */
  cancel(): Promise<void>;
}

/** Where jobs run. */
export interface JobRunner<Specs extends JobSpec = JobSpec> {
  start<Spec extends Specs>(spec: Spec, listener: JobListener): RunningJob<ResultOf<Spec>>;
  close(): Promise<void>;
}
