/** Image configuration as OCI image-spec `config` has it; names kept, absent = image says nothing. */
export interface ImageRuntimeConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  /** Means something for Windows only, and goes from image to image. */
  readonly ArgsEscaped?: boolean;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  /** Seconds. */
  readonly StopTimeout?: number;
  readonly OnBuild?: readonly string[];
  /** What the shell form of commands is run by. */
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
  /** `repository@digest` for each repository that it came from or went to. */
  readonly repoDigests: readonly string[];
  /** Tags that stood beside a digest when it was fetched, by the `repository@digest`. */
  readonly digestTags: Readonly<Record<string, string>>;
  /** Has neither a tag nor a digest that somebody named: `image prune` takes it away. */
  readonly dangling: boolean;
  /** RFC 3339: when it was last fetched, made or tagged; undefined before there was such a record. */
  readonly lastTagged?: string;
  readonly created: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly os: string;
  readonly author?: string;
  /** The dockerd that made it, where its configuration says so. */
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
  /** The built-in tcompose/host (of this release or an earlier one): its root is generated, not stored. */
  readonly host: boolean;
}
