import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BlobSpec, JobRunner, UnpackOptions } from '../jobs/job-types.ts';
import type { LayerSystem } from '../unpack/layer-system.ts';
import type { LayerMarks } from '../unpack/layer-writer.ts';
import type { BlobStore } from './blob-store.ts';
import type { ImageMetadata } from './image-metadata.ts';
import type { LayerInfo, LayerStore } from './layer-store.ts';

/** What somebody is using: see Ingest. */
export interface Lease {
  readonly digests: Set<string>;
  readonly chains: Set<string>;
  /** It wrote what is not synced yet. */
  readonly dirty: boolean;
}

/** A layer that is unpacked but not recorded: `<directory>/diff`. */
export interface StagedTree {
  readonly directory: string;
  readonly info: LayerInfo;
  readonly marks: LayerMarks;
  /** Who unpacked it, or found it here. */
  readonly users: Set<Lease>;
  /** Set when the layers below were looked at. */
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
  /** As images name it. */
  readonly architecture: string;
  readonly warn: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Throws where a test has filled the disk. */
  readonly beforeWrite: (path: string) => void;
  /** Changes of what is recorded happen one after the other. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Has what metadata keeps in memory alone written before long. */
  readonly keepSoon: () => void;
  readonly leases: Set<Lease>;
  /** By ChainID. */
  readonly staged: Map<string, StagedTree>;
  /** Blobs being written, by digest. */
  readonly busy: Map<string, { readonly settled: Promise<void>; readonly offset: () => number }>;
  /** Blobs that were seen to have a content of this DiffID, by digest. */
  readonly contents: Map<string, string>;
}

/** A new name below the temporary directory. */
export const newStaging = (shelf: Shelf): string => join(shelf.temporary, randomBytes(8).toString('hex'));
