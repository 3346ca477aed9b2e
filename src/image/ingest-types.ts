import type { ImageHistoryRecord, ImageRecord, ImageRuntimeConfig } from './record-types.ts';

/**
 * How content gets into the image store and out of it. What brings images (a pull, a load, a builder) opens an
 * `Ingest`, puts blobs and layers through it, and records the image with `commit`; what sends images opens blobs.
 */

/** A platform as image configurations and index entries write it (OCI image-spec, "platform"). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
}

/** A blob by its digest, as manifests and indexes list it (OCI image-spec, "Content Descriptors"). */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:<64 hex>`, `sha384:<96 hex>` or `sha512:<128 hex>`; checked by the store before it becomes a path. */
  readonly digest: string;
  /** Bytes; the store takes exactly that many. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  readonly urls?: readonly string[];
  /** The blob itself in base64; verified like any other. */
  readonly data?: string;
  readonly artifactType?: string;
}

/** What an image configuration says (OCI image-spec, "Image JSON"), with keys in any case, as Go finds them. */
export interface ImageConfigFacts {
  /** Defaults: linux, and this machine's architecture. */
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  /** RFC 3339; `0001-01-01T00:00:00Z` when the configuration has none. */
  readonly created: string;
  readonly author?: string;
  /** The dockerd version that made it, for images of its classic builder. */
  readonly dockerVersion?: string;
  /** Digests of the uncompressed layers, bottom first. */
  readonly diffIds: readonly string[];
  readonly history: readonly ImageHistoryRecord[];
  readonly config: ImageRuntimeConfig;
}

/**
 * One blob being written. Not for concurrent use. After `commit`, `suspend` or `abort` nothing more is accepted;
 * `suspend` and `abort` may be called again, and also after `commit` has failed.
 */
export interface BlobWriter {
  /**
   * Bytes held: those that an earlier, broken transfer left (the rest is requested with `Range: bytes=<offset>-`), and
   * all that were written since. A broken transfer leaves the writer as it is, so that writing can continue from here.
   */
  readonly offset: number;
  /**
   * Takes a copy of the next bytes; resolves when more may be written (at most a few MiB wait).
   * @throws TcomposeError IMAGE_BLOB when there are more bytes than the descriptor has, IMAGE_ARCHIVE when a layer's
   * content is refused, IMAGE_STORE when the disk is full, for example. The writer is then aborted.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** Discards what is held, because the sender started from the first byte again. */
  restart(): Promise<void>;
  /**
   * Resolves when size and digest are right and, for a layer, its tree is unpacked and has the DiffID.
   * @throws TcomposeError IMAGE_BLOB for a wrong size or digest (nothing is kept, and the same blob may be requested
   * again), IMAGE_ARCHIVE for a wrong DiffID or a layer that can't be unpacked
   */
  commit(): Promise<void>;
  /** Keeps what is held for a later transfer, for at most 7 days. Idempotent. */
  suspend(): Promise<void>;
  /** Keeps nothing. Idempotent. */
  abort(): Promise<void>;
}

/** The answer to a request to store a blob or layer. */
export type BlobRequest =
  /** It is in the store (a layer also unpacked). */
  | { readonly kind: 'present' }
  /** The caller has to write it. */
  | { readonly kind: 'write'; readonly writer: BlobWriter }
  /**
   * Another ingest, or this one, is writing the same blob. `settled` resolves (it never rejects) when that ends, in
   * success or failure; then request the blob again. `offset()` is the number of bytes written so far, for progress.
   */
  | { readonly kind: 'elsewhere'; readonly settled: Promise<void>; readonly offset: () => number };

/** A layer of an image that is being stored. */
export interface LayerRequest {
  readonly descriptor: Descriptor;
  /** All DiffIDs of the image up to this layer's, bottom first: the same layer on another base gives another tree. */
  readonly diffIds: readonly string[];
  /** Called now and then with the number of bytes of the blob that are unpacked; at the end with `descriptor.size`. */
  readonly unpacked?: (bytes: number) => void;
}

/** An image whose blobs and layers went through the ingest. */
export interface ImageToCommit {
  /** Of the image's manifest; its blob is in the store. */
  readonly manifest: Descriptor;
  /** Of the index that the manifest was chosen from; its blob must be in the store, its other manifests need not be. */
  readonly index?: Descriptor;
  /**
   * The tag (familiar, `app:1`) that the image gets. Other images lose it, except those for other platforms of the same
   * index.
   */
  readonly tag?: string;
  /** What it can be found by from now on, besides tags. */
  readonly repoDigest?: {
    /** Familiar name without tag: `registry.example/app`. */
    readonly repository: string;
    /** The digest that was requested or resolved: the index's, or the manifest's. */
    readonly digest: string;
    /** The user named the digest: the image is not dangling even without a tag. */
    readonly pinned: boolean;
    /** The tag that was given together with the digest, shown in lists. */
    readonly tag?: string;
  };
}

/**
 * A lease on the store: nothing that was put, found present or held through it is removed before `release`. Several may
 * be open; they share what they have in common.
 */
export interface Ingest {
  /**
   * Checks that the disk has room for an image whose layers have `compressed` bytes in total (three times that
   * unpacked), and inodes left.
   */
  reserve(compressed: number): Promise<void>;
  /** Any blob that is not a layer: configuration, manifest, index, artifact. */
  blob(descriptor: Descriptor): Promise<BlobRequest>;
  /** Stores a small blob from memory; verified as if it had been written. @throws TcomposeError IMAGE_BLOB */
  put(descriptor: Descriptor, data: Uint8Array): Promise<void>;
  /**
   * A layer, which is kept as it comes and unpacked at the same time. Layers may be requested in any order and all at
   * once. A layer whose blob is in the store already is unpacked from it before this resolves.
   */
  layer(request: LayerRequest): Promise<BlobRequest>;
  /** Keeps everything that an image needs in the store while it is being sent. */
  hold(image: ImageRecord): void;
  /**
   * Records an image, its tag and digest, and the time (`LastTagTime`), also when all of it existed before. Everything
   * is on the disk when this resolves.
   * @throws TcomposeError IMAGE_CONFIG when configuration and manifest contradict each other, IMAGE_STORE when a blob
   * or layer did not go through this ingest
   */
  commit(image: ImageToCommit): Promise<ImageRecord>;
  /** Ends the lease. Writers still open are suspended. What is complete but not recorded is kept for 7 days. Idempotent. */
  release(): Promise<void>;
}

/** A blob open for reading. */
export interface OpenBlob {
  readonly size: number;
  /** Its bytes from `offset` (default 0); read it to the end or return it. May be called several times. */
  stream(offset?: number): AsyncGenerator<Uint8Array>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** An image's manifest as it came, and the index that the manifest was chosen from. */
export interface StoredManifest {
  readonly manifest: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  readonly index?: { readonly descriptor: Descriptor; readonly bytes: Buffer };
}

/** A layer of an image in the store. */
export interface StoredLayer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
  readonly chainId: string;
  /** Bytes of file data when unpacked. */
  readonly size: number;
}

/** A layer that a builder or `commit` made. */
export interface NewLayer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
  readonly chainId: string;
  readonly size: number;
}

/**
 * A layer in the store that contains some files byte for byte as a new layer needs them: they are copied from it
 * instead of read again.
 */
export interface EarlierLayer {
  /** Digest of its blob; if the blob is gone, all files are read. */
  readonly digest: string;
  readonly diffId: string;
  /** The index that was written when the layer was made. */
  readonly index: string;
  /** Path of a list (`encodePaths`) of the unchanged files: same content, attributes and times. */
  readonly kept: string;
}

/** Where a new layer's content is. */
export type LayerSource =
  /** An overlay's upper directory that nobody writes to: its whiteouts and opaque marks become those of the layer format. */
  | {
      readonly kind: 'upper';
      readonly directory: string;
      /** Names at its top to leave out: places that only served as mount points. */
      readonly without?: readonly string[];
      /** Nothing is ever written to it again, so the layer may share its files by hard links. */
      readonly still?: boolean;
      /** Seconds since the epoch: newer files get this time in the layer. */
      readonly latest?: number;
      /** Path of a file that will record which bytes of the layer's archive hold which file. */
      readonly index?: string;
      readonly earlier?: EarlierLayer;
    }
  /** A tar, plain or compressed, in the layer format. */
  | { readonly kind: 'tar'; readonly stream: AsyncIterable<Uint8Array> };

/** An image made from layers in the store. */
export interface ImageToMake {
  readonly facts: Omit<ImageConfigFacts, 'diffIds'>;
  /** More members of its configuration. */
  readonly more?: Readonly<Record<string, string>>;
  /** Bottom first. */
  readonly layers: readonly NewLayer[];
  /** Familiar name, with tag. */
  readonly tag?: string;
  /** Id of the image it was made from. */
  readonly parent?: string;
}

/** Makes images, for builders and `commit`. */
export interface ImageMaker {
  /**
   * Makes a layer on top of `parent` (DiffIDs, bottom first): blob and tree. The same content gives the same digest.
   * The layer is leased until the ingest is released.
   */
  layer(source: LayerSource, parent: readonly string[], ingest: Ingest): Promise<NewLayer>;
  /**
   * Unpacks a layer whose blob is in the store into an empty directory, in the form that an overlay expects above
   * `lower` (top first).
   * @returns bytes of file data
   * @throws TcomposeError IMAGE_BLOB when the blob is missing or damaged, IMAGE_ARCHIVE
   */
  unpack(
    layer: { readonly descriptor: Descriptor; readonly diffId: string },
    directory: string,
    lower: readonly string[],
  ): Promise<number>;
  /** Records an image. The store makes the bytes of its configuration: the same facts give the same bytes. */
  image(image: ImageToMake, ingest: Ingest): Promise<ImageRecord>;
}

/** The part of the store through which images of other machines come and go. */
export interface ImageContent {
  ingest(): Ingest;
  /** Undefined when there is no such blob. */
  openBlob(digest: string): Promise<OpenBlob | undefined>;
  /** The manifest of one of the images of `list`. @throws TcomposeError IMAGE_STORE when its blobs are lost */
  manifestOf(image: ImageRecord): Promise<StoredManifest>;
  /** Bottom first. */
  layersOf(image: ImageRecord): Promise<readonly StoredLayer[]>;
  readonly maker: ImageMaker;
}
