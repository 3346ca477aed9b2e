/** Image configuration as OCI image-spec `config` has it; names kept, absent = image says nothing. */
export interface ImageRuntimeConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly Healthcheck?: {
    readonly Test?: readonly string[];
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly StartPeriod?: number;
    readonly StartInterval?: number;
    readonly Retries?: number;
  };
}

/** One step of an image's making, as OCI image-spec `history` has it. */
export interface ImageHistoryRecord {
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly author?: string;
  readonly empty_layer?: boolean;
}

export interface ImageRecord {
  /** `sha256:<64 hex>`: digest of the config blob. */
  readonly id: string;
  /** Familiar references with tag, e.g. `busybox:latest`. */
  readonly tags: readonly string[];
  readonly created: string;
  readonly architecture: string;
  readonly os: string;
  /** Bytes of all layers unpacked. */
  readonly size: number;
  /** ChainIDs, bottom first; empty for tcompose/host. */
  readonly chain: readonly string[];
  /** Digests of the uncompressed layers, bottom first. */
  readonly diffIds: readonly string[];
  readonly history: readonly ImageHistoryRecord[];
  readonly config: ImageRuntimeConfig;
  /** The built-in tcompose/host (of this release or an earlier one): its root is generated, not stored. */
  readonly host: boolean;
}

/** A host path laid over the container's root. */
export interface RootfsBind {
  readonly source: string;
  readonly target: string;
  readonly recursive: boolean;
  readonly readOnly: boolean;
}

/** How the writable part of a container's root is made on this data root. */
export type RootfsStorage =
  | {
      readonly kind: 'overlay' /** Mount option for overlayfs in a user namespace. */;
      readonly userxattr: boolean;
    }
  /** The data root can't hold an overlay's upper directory: the layers are copied for each container. */
  | { readonly kind: 'copy'; readonly reason: string };

/** What a container's root is made of: read-only lower directories, top first, and binds laid over the overlay. */
export interface RootfsSource {
  readonly lowerDirs: readonly string[];
  /** In order; nosuid and nodev. */
  readonly binds: readonly RootfsBind[];
  readonly storage: RootfsStorage;
  /** Called when the container's root is no longer needed; idempotent. */
  readonly release: () => Promise<void>;
}

export interface ImportOptions {
  /** Familiar or full name; without it the image has no tag. */
  readonly reference?: string;
  /** Dockerfile instructions (`CMD …`, `ENV …`) applied to the configuration. */
  readonly changes?: readonly string[];
  /** Becomes the history entry's comment. */
  readonly message?: string;
  /** `linux/amd64`; default: this machine's. */
  readonly platform?: string;
}

export type ImageRemoval = { readonly Untagged: string } | { readonly Deleted: string };

export interface RemoveOptions {
  /** Take an image away that has several tags, or that stopped containers use. */
  readonly force: boolean;
  /** Names of the containers made from the image with this id; `running` ones forbid removal even by force. */
  readonly usedBy: (imageId: string) => readonly { readonly name: string; readonly running: boolean }[];
}

/** Images, their layers and what containers need of them. All names are references, ids (`sha256:` or bare) or unique id prefixes. */
export interface ImageStore {
  /** Newest first; tcompose/host always among them. */
  list(): readonly ImageRecord[];
  /** @throws TcomposeError IMAGE_AMBIGUOUS when a prefix fits several images. */
  get(name: string): ImageRecord | undefined;
  /** Makes an image of one layer from a root file system tar (plain or gzip). On any error nothing is left. */
  importRootfs(tar: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<ImageRecord>;
  /** Gives the image a further name; takes the name from whichever image had it. */
  tag(name: string, reference: string): Promise<ImageRecord>;
  /** Takes a tag away, and the image with its last one. @throws TcomposeError IMAGE_NOT_FOUND, IMAGE_IN_USE */
  remove(name: string, options: RemoveOptions): Promise<readonly ImageRemoval[]>;
  /** Directories and binds for a container's root; generates tcompose/host's when asked for it. */
  rootfs(record: ImageRecord): RootfsSource;
  /** With storage `copy`: writes the merged layers into `target` (made by this call, mode 0755). */
  copyRootfs(source: RootfsSource, target: string): Promise<void>;
  /** Waits for writes under way; nothing is accepted afterwards. */
  close(): Promise<void>;
}
