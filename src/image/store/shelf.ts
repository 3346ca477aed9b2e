import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BlobSpec, JobRunner, UnpackOptions } from '../jobs/job-types.ts';
import type { LayerSystem } from '../unpack/layer-system.ts';
import type { LayerMarks } from '../unpack/layer-writer.ts';
import type { BlobStore } from './blob-store.ts';
import type { ImageMetadata } from './image-metadata.ts';
import type { LayerInfo, LayerStore } from './layer-store.ts';

/** Content that somebody is using: see Ingest. */
export interface Lease {
  readonly digests: Set<string>;
  readonly chains: Set<string>;
  /** It wrote something that is not synced yet. */
  readonly dirty: boolean;
}

/** A layer that is unpacked but not recorded: `<directory>/diff`. */
export interface StagedTree {
  readonly directory: string;
  readonly info: LayerInfo;
  readonly marks: LayerMarks;
  /** The ingests that unpacked it or found it here. */
  readonly users: Set<Lease>;
  /** Set when the layers below have been taken into account. */
  settled?: Promise<void>;
}

/** All that the parts of the store share. */
export interface Shelf {
  readonly root: string;
  /** Emptied at every start. */
  readonly temporary: string;
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly metadata: ImageMetadata;
  readonly jobs: JobRunner<BlobSpec>;
  readonly system: Pick<LayerSystem, 'syncFileSystem'>;
  readonly unpack: Omit<UnpackOptions, 'mayBeEmpty'>;
  /** Spelled as in images. */
  readonly architecture: string;
  readonly warn: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Throws where a test has filled the disk. */
  readonly beforeWrite: (path: string) => void;
  /** Runs changes to what is recorded one after the other. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Has the metadata that is only in memory written soon. */
  readonly keepSoon: () => void;
  readonly leases: Set<Lease>;
  /** By ChainID. */
  readonly staged: Map<string, StagedTree>;
  /** Blobs being written, by digest. */
  readonly busy: Map<string, { readonly settled: Promise<void>; readonly offset: () => number }>;
  /** Blobs whose content is known to have this DiffID, by digest. */
  readonly contents: Map<string, string>;
}

/** A new name below the temporary directory. */
export const newStaging = (shelf: Shelf): string => join(shelf.temporary, randomBytes(8).toString('hex'));
