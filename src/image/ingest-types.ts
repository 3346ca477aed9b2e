import type { ImageHistoryRecord, ImageRecord, ImageRuntimeConfig } from './record-types.ts';

/**
 * The way of content into the image store and out of it. Whoever brings images (a pull, a load, a builder) opens an
 * `Ingest`, puts blobs and layers through it, and records the image with `commit`; whoever sends them opens blobs.
 */

/** A platform as image configurations and index entries name it (OCI image-spec, "platform"). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
}

/** A blob by digest, as manifests and indexes list it (OCI image-spec, "Content Descriptors"). */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:<64 hex>`, `sha384:<96 hex>` or `sha512:<128 hex>`; checked by the store before it becomes a path. */
  readonly digest: string;
  /** Bytes; the store takes exactly so many. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  readonly urls?: readonly string[];
  /** The blob itself in base64; verified as any other. */
  readonly data?: string;
  readonly artifactType?: string;
}

/** What an image configuration says (OCI image-spec, "Image JSON"), its keys found whatever their case, as Go finds them. */
export interface ImageConfigFacts {
  /** Defaults: linux, and this machine's architecture. */
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  /** RFC 3339; `0001-01-01T00:00:00Z` when the configuration has none. */
  readonly created: string;
  readonly author?: string;
  /** The dockerd that made it, in images of its classic builder. */
  readonly dockerVersion?: string;
  /** Digests of the uncompressed layers, bottom first. */
  readonly diffIds: readonly string[];
  readonly history: readonly ImageHistoryRecord[];
  readonly config: ImageRuntimeConfig;
}

/**
 * One blob being written. Not for two callers at once. After `commit`, `suspend` or `abort` nothing more is accepted;
 * `suspend` and `abort` may be called again, and after `commit` has failed.
 */
export interface BlobWriter {
  /**
   * Bytes held: those that an earlier, broken transfer left (asked for with `Range: bytes=<offset>-`), and all that was
   * written since. A transfer that breaks leaves the writer as it is: go on writing from here.
   */
  readonly offset: number;
  /**
   * Takes a copy of the next bytes; resolves when more may be written (at most a few MiB wait).
   * @throws TcomposeError IMAGE_BLOB when there are more bytes than the descriptor has, IMAGE_ARCHIVE when a layer's
   * content is refused, IMAGE_STORE for a full disk and the like. The writer is then aborted.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** Throws away what is held: the sender began from the first byte again. */
  restart(): Promise<void>;
  /**
   * Resolves when size and digest are right and, for a layer, its tree is unpacked and has the DiffID.
   * @throws TcomposeError IMAGE_BLOB for a wrong size or digest (nothing is kept, the same blob may be asked for again),
   * IMAGE_ARCHIVE for a wrong DiffID or a layer that can't be unpacked
   */
  commit(): Promise<void>;
  /** Keeps what is held for a later transfer, at most 7 days. Idempotent. */
  suspend(): Promise<void>;
  /** Keeps nothing. Idempotent. */
  abort(): Promise<void>;
}

/** What became of a request to store a blob or layer. */
export type BlobRequest =
  /** It is there (a layer: unpacked, too). */
  | { readonly kind: 'present' }
  /** To be written by the caller. */
  | { readonly kind: 'write'; readonly writer: BlobWriter }
  /**
   * Another ingest, or this one, is writing the same blob. `settled` resolves (it never rejects) when that is over, well or
   * not; ask again then. `offset()` is the number of bytes it has, for progress.
   */
  | { readonly kind: 'elsewhere'; readonly settled: Promise<void>; readonly offset: () => number };

/** A layer of an image that is being stored. */
export interface LayerRequest {
  readonly descriptor: Descriptor;
  /** All DiffIDs of the image up to this layer's, bottom first: with them the same layer on another base is another tree. */
  readonly diffIds: readonly string[];
  /** Told, now and then, how many bytes of the blob have been unpacked; at last `descriptor.size`. */
  readonly unpacked?: (bytes: number) => void;
}

/** An image whose blobs and layers went through the ingest. */
export interface ImageToCommit {
  /** Of the image's manifest; its blob is in the store. */
  readonly manifest: Descriptor;
  /** Of the index that the manifest was chosen from; its blob is in the store, its other manifests need not be. */
  readonly index?: Descriptor;
  /** The tag it gets, familiar (`app:1`), taking it away from other images; those of other platforms of the same index keep it. */
  readonly tag?: string;
  /** What it can be found by from now on, besides tags. */
  readonly repoDigest?: {
    /** Familiar name without tag: `registry.example/app`. */
    readonly repository: string;
    /** Digest that was asked for or resolved: the index's, or the manifest's. */
    readonly digest: string;
    /** The user named the digest: the image is no dangling one even without a tag. */
    readonly pinned: boolean;
    /** Tag that stood beside the digest, shown in lists. */
    readonly tag?: string;
  };
}

/**
 * A lease on the store: nothing that was put, found present or held through it is taken away before `release`. Several may be
 * open; they share what they have in common.
 */
export interface Ingest {
  /**
   * Looks whether the disk has room for an image whose layers have `compressed` bytes in all (three times as much unpacked)
   * and inodes left.
   * @throws TcomposeError IMAGE_NO_SPACE with path, free and needed
   */
  reserve(compressed: number): Promise<void>;
  /** Any blob that is no layer: configuration, manifest, index, artifact. */
  blob(descriptor: Descriptor): Promise<BlobRequest>;
  /** Stores a small blob that is in memory; verified as if it had been written. @throws TcomposeError IMAGE_BLOB */
  put(descriptor: Descriptor, data: Uint8Array): Promise<void>;
  /**
   * A layer, to be kept as it comes and unpacked meanwhile. Layers may be asked for in any order and all at once. One whose
   * blob is there already is unpacked from it before this resolves.
   */
  layer(request: LayerRequest): Promise<BlobRequest>;
  /** Holds all that an image needs, for as long as it is sent somewhere. */
  hold(image: ImageRecord): void;
  /**
   * Records an image, its tag and digest, and the time (`LastTagTime`), also when all was there before. All of it is on
   * the disk when this resolves.
   * @throws TcomposeError IMAGE_CONFIG when configuration and manifest contradict each other, IMAGE_STORE when a blob or layer
   * did not go through this ingest
   */
  commit(image: ImageToCommit): Promise<ImageRecord>;
  /** Ends the lease. Writers still open are suspended. What was finished but not recorded is kept for 7 days. Idempotent. */
  release(): Promise<void>;
}

/** A blob to be read. */
export interface OpenBlob {
  readonly size: number;
  /** Its bytes from `offset` (default 0); to be read to the end or returned. May be called several times. */
  stream(offset?: number): AsyncGenerator<Uint8Array>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** An image's manifest as it came, and the index that it was chosen from. */
export interface StoredManifest {
  readonly manifest: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  readonly index?: { readonly descriptor: Descriptor; readonly bytes: Buffer };
}

/** A layer of an image in the store. */
export interface StoredLayer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
  readonly chainId: string;
  /** Bytes of file data, unpacked. */
  readonly size: number;
}

/** A layer that a builder or `commit` made. */
export interface NewLayer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
  readonly chainId: string;
  readonly size: number;
}

/** A layer of the store that has some files in the very bytes that a new one needs: they are taken from there instead of read again. */
export interface EarlierLayer {
  /** Of its blob; which may be gone by now, then all files are read. */
  readonly digest: string;
  readonly diffId: string;
  /** What was noted when it was made. */
  readonly index: string;
  /** Path of a list (`encodePaths`) of the files that are the same: content, attributes and times. */
  readonly kept: string;
}

/** Where a new layer's content is. */
export type LayerSource =
  /** An overlay's upper directory, at rest: its whiteouts and opaque marks become those of the layer format. */
  | {
      readonly kind: 'upper';
      readonly directory: string;
      /** Names at its top that are left out: places that something was only mounted at. */
      readonly without?: readonly string[];
      /** Nothing in it is ever written to again: its files may be the layer's as well, by further names. */
      readonly still?: boolean;
      /** Seconds since the epoch: files that are newer get that time in the layer. */
      readonly latest?: number;
      /** A path that gets a note of which bytes of the layer's archive stand for which file. */
      readonly index?: string;
      readonly earlier?: EarlierLayer;
    }
  /** A tar, plain or compressed, in the layer format. */
  | { readonly kind: 'tar'; readonly stream: AsyncIterable<Uint8Array> };

/** An image of layers that are in the store. */
export interface ImageToMake {
  readonly facts: Omit<ImageConfigFacts, 'diffIds'>;
  /** Further members of its configuration. */
  readonly more?: Readonly<Record<string, string>>;
  /** Bottom first. */
  readonly layers: readonly NewLayer[];
  /** Familiar, with tag. */
  readonly tag?: string;
  /** Id of the image it was made from. */
  readonly parent?: string;
}

/** Making images, as builders and `commit` do. */
export interface ImageMaker {
  /**
   * Makes a layer upon `parent` (DiffIDs, bottom first), blob and tree. The same content gives the same digest. It is leased
   * until the ingest is released.
   */
  layer(source: LayerSource, parent: readonly string[], ingest: Ingest): Promise<NewLayer>;
  /**
   * Unpacks a layer whose blob is in the store into an empty directory, as what an overlay has above `lower` (top first).
   * @returns bytes of file data
   * @throws TcomposeError IMAGE_BLOB when the blob is missing or damaged, IMAGE_ARCHIVE
   */
  unpack(
    layer: { readonly descriptor: Descriptor; readonly diffId: string },
    directory: string,
    lower: readonly string[],
  ): Promise<number>;
  /** Records an image. Its configuration's bytes are of the store's making and the same for the same facts. */
  image(image: ImageToMake, ingest: Ingest): Promise<ImageRecord>;
}

/** The part of the store that other machines' images come and go through. */
export interface ImageContent {
  ingest(): Ingest;
  /** Undefined when there is no such blob. */
  openBlob(digest: string): Promise<OpenBlob | undefined>;
  /** Of one of the images of `list`. @throws TcomposeError IMAGE_STORE when its blobs are lost */
  manifestOf(image: ImageRecord): Promise<StoredManifest>;
  /** Bottom first. */
  layersOf(image: ImageRecord): Promise<readonly StoredLayer[]>;
  readonly maker: ImageMaker;
}
