import type { EarlierSpec } from '../pack/earlier-archive.ts';
import type { Compression } from './decompress.ts';
import type { LayerMarks } from './layer-writer.ts';

/** Work on a blob that is too much for the engine's event loop. Plain data: it goes to another thread. */
export type JobSpec = TakeSpec | PackSpec;

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
}

export interface RunningJob {
  /**
   * Gives it a copy of more bytes; resolves when there is room for the next. Rejects, as `end`, with what made the job
   * fail.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** Nothing follows. */
  end(): Promise<JobResult>;
  /** Resolves when it has stopped and closed its files; what it wrote is left where it is. Idempotent. */
  cancel(): Promise<void>;
}

/** Where jobs run. */
export interface JobRunner {
  start(spec: JobSpec, listener: JobListener): RunningJob;
  close(): Promise<void>;
}
