import type { Descriptor, Ingest } from '../../../image/ingest-types.ts';

/** A blob with its bytes, small enough for memory. */
export interface SmallBlob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Where to read a cache from. */
export interface CacheSource {
  /** Its name in messages. */
  readonly name: string;
  /** The manifest or index of the cache, or of an image that contains one. */
  manifest(): Promise<Uint8Array>;
  /** A small blob, or another manifest, verified. */
  read(descriptor: Descriptor): Promise<Uint8Array>;
  /** Brings a layer's blob into the store. */
  bring(descriptor: Descriptor, ingest: Ingest): Promise<void>;
}

/** Where to write a cache. */
export interface CacheTarget {
  /** Its name in messages. */
  readonly name: string;
  /** Puts a blob of the store there, unless it is there already. */
  layer(descriptor: Descriptor): Promise<void>;
  small(blob: SmallBlob): Promise<void>;
  /** To be called last: the manifest, under the cache's name. */
  manifest(blob: SmallBlob): Promise<void>;
}

/** Most bytes of a manifest or a configuration of a cache. */
export const largestSmall = 32 * 1024 * 1024;
