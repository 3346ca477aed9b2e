/** Image configuration in the form of `config` in OCI image-spec; names are kept, absent means that the image says nothing. */
export interface ImageRuntimeConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  /** Has a meaning only on Windows, and is passed on from image to image. */
  readonly ArgsEscaped?: boolean;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  /** Seconds. */
  readonly StopTimeout?: number;
  readonly OnBuild?: readonly string[];
  /** The shell for the shell form of commands. */
  readonly Shell?: readonly string[];
  readonly Healthcheck?: {
    readonly Test?: readonly string[];
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly StartPeriod?: number;
    readonly StartInterval?: number;
    readonly Retries?: number;
  };
}

/** One step in the making of an image, in the form of OCI image-spec `history`. */
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
  /** `repository@digest` for each repository that it was pulled from or pushed to. */
  readonly repoDigests: readonly string[];
  /** Tags that were given together with a digest at a pull, by `repository@digest`. */
  readonly digestTags: Readonly<Record<string, string>>;
  /** Has neither a tag nor a digest that somebody named: `image prune` removes it. */
  readonly dangling: boolean;
  /** RFC 3339: when it was last fetched, made or tagged; undefined for images older than this record. */
  readonly lastTagged?: string;
  readonly created: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly os: string;
  readonly author?: string;
  /** The dockerd that made it, if its configuration says so. */
  readonly dockerVersion?: string;
  /** Id of the image that a builder or `commit` made it from. */
  readonly parent?: string;
  /** Bytes of all layers unpacked. */
  readonly size: number;
  /** ChainIDs, bottom first; empty for tcompose/host. */
  readonly chain: readonly string[];
  /** Digests of the uncompressed layers, bottom first. */
  readonly diffIds: readonly string[];
  readonly history: readonly ImageHistoryRecord[];
  readonly config: ImageRuntimeConfig;
  /** The built-in tcompose/host (of this release or an earlier one): its root file system is generated, not stored. */
  readonly host: boolean;
}
