import type { Descriptor, Ingest } from '../../../image/ingest-types.ts';

/** A blob with its bytes, small enough to be in memory. */
export interface SmallBlob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Where a cache is read from. */
export interface CacheSource {
  /** For messages. */
  readonly name: string;
  /** The manifest, or the index, of the cache or of an image that has one in it. */
  manifest(): Promise<Uint8Array>;
  /** A small blob, or another manifest, verified. */
  read(descriptor: Descriptor): Promise<Uint8Array>;
  /** Has a layer's blob in the store. */
  bring(descriptor: Descriptor, ingest: Ingest): Promise<void>;
}

/** Where a cache is kept. */
export interface CacheTarget {
  /** For messages. */
  readonly name: string;
  /** Puts a blob of the store there, unless it is there. */
  layer(descriptor: Descriptor): Promise<void>;
  small(blob: SmallBlob): Promise<void>;
  /** The manifest last, under the name that the cache has. */
  manifest(blob: SmallBlob): Promise<void>;
}

/** Bytes that a manifest or a configuration of a cache may have. */
export const largestSmall = 32 * 1024 * 1024;
