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

export interface ImageRecord {
  /** `sha256:<64 hex>`: digest of the config blob. */
  readonly id: string;
  /** Familiar references with tag, e.g. `busybox:latest`. */
  readonly tags: readonly string[];
  readonly created: string;
  readonly architecture: string;
  readonly os: string;
  readonly size: number;
  /** ChainIDs, bottom first. */
  readonly chain: readonly string[];
  readonly config: ImageRuntimeConfig;
}

/** What a container's root is made of: read-only lower directories, top first, and binds laid over the overlay. */
export interface RootfsSource {
  readonly lowerDirs: readonly string[];
  readonly binds: readonly {
    readonly source: string;
    readonly target: string;
    readonly recursive: boolean;
    readonly readOnly: boolean;
  }[];
  /** Called when the container's root is no longer needed; idempotent. */
  readonly release: () => Promise<void>;
}
