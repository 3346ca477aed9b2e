import type { NewLayer } from '../../../image/ingest-types.ts';

/** What a step made, in the form in which it is kept: the difference to its base, or a tree that was fetched. */
export interface StepResult {
  readonly id: string;
  /** The keys by which it is found. */
  readonly keys: readonly string[];
  /** RFC 3339: when it was made. */
  readonly created: string;
  readonly description: string;
  /** Ids of the results it is based on. */
  readonly parents: readonly string[];
  /** For something fetched: what the server said about it. */
  readonly facts?: Readonly<Record<string, string>>;
  /** The layers made of it, by the DiffIDs of the image's layers below and by the SOURCE_DATE_EPOCH that limits their times. */
  readonly layers: readonly {
    readonly below: readonly string[];
    readonly layer: NewLayer;
    readonly epoch?: number;
  }[];
  /** Set for a copy whose files later copies may reuse. */
  readonly copy?: CopyNote;
  /** Bytes of its files, once counted. */
  readonly size?: number;
  /** The boot in which it was made, as long as it may not be on the disk: after another boot it is not trusted. */
  readonly boot?: string;
}

/** What links the copies made by one instruction. */
export interface CopyNote {
  /** The key of all copies on the same base, whatever they copied. */
  readonly lineage: string;
  /** Id of the result whose files it shares: those listed in its note `kept`. */
  readonly from?: string;
  /** Number of earlier results from which files were passed on. */
  readonly generation: number;
}

/** Where a step's result is made. */
export interface StepPlace {
  readonly id: string;
  /** The upper directory of its overlay, or the tree itself. */
  readonly diff: string;
  readonly work: string;
  /** An empty directory to mount on. */
  readonly mountPoint: string;
  /** Space that only this step needs. */
  readonly scratch: string;
  /** A directory for files that stay beside those of the result; see CacheLease.notes. */
  readonly notes: string;
}

/** A build's view of the cache. What it has found or kept stays until its release. */
export interface CacheLease {
  find(key: string): StepResult | undefined;
  /** The latest copy in this lineage. */
  like(lineage: string): StepResult | undefined;
  /** By its id. */
  get(id: string): StepResult | undefined;
  /** Keeps what another build has found from being removed. */
  hold(result: StepResult): void;
  /** The directory with a result's files. */
  directory(result: StepResult): string;
  /** The directory with notes about a result: `copied`, `kept` and `archive` of a copy. */
  notes(result: StepResult): string;
  begin(): Promise<StepPlace>;
  /** Keeps what was made; it can be found by the keys from now on, even if the engine is killed. */
  keep(
    place: StepPlace,
    made: Pick<StepResult, 'keys' | 'description' | 'created' | 'facts' | 'copy' | 'size'> & {
      readonly parents?: readonly string[];
    },
  ): Promise<StepResult>;
  /** Gives up a place. Idempotent. */
  drop(place: StepPlace): Promise<void>;
  /** Adds a key to a result, or records a layer that was made of it. */
  update(
    result: StepResult,
    more: { readonly key?: string; readonly layer?: StepResult['layers'][number] },
  ): Promise<StepResult>;
  /** The directory of a cache mount; the caller makes it if it is missing. */
  mount(id: string): string;
  /** Records what a cache mount is. */
  noteMount(id: string, description: string): void;
  /** An empty directory that represents `scratch`. */
  readonly empty: string;
  /** Idempotent. */
  release(): void;
}

/** One entry of the cache, for lists and for choosing what to remove. */
export interface CacheEntry {
  readonly id: string;
  readonly kind: 'step' | 'source' | 'mount';
  readonly description: string;
  readonly parents: readonly string[];
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly used: number;
  /** Bytes of its files. */
  readonly size: number;
  /** How often it was used since the engine was started. */
  readonly uses: number;
  /** A build is using it. */
  readonly inUse: boolean;
}

/** Results of steps on disk, shared by all builds of an engine, and the directories of cache mounts. */
export interface CacheStore {
  lease(): CacheLease;
  readonly empty: string;
  /** All entries, with their sizes. */
  entries(): Promise<readonly CacheEntry[]>;
  /** Removes these entries, except those that a build is using. @returns the ids of the removed ones */
  remove(ids: ReadonlySet<string>): Promise<readonly string[]>;
  /** Waits until everything is on the disk, and records this for each result. */
  settle(): Promise<void>;
}
