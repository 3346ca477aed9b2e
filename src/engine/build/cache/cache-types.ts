import type { NewLayer } from '../../../image/ingest-types.ts';

/** What a step made, as it is kept: the difference to what it was based on; or a tree that was fetched. */
export interface StepResult {
  readonly id: string;
  /** Keys it is found by. */
  readonly keys: readonly string[];
  /** RFC 3339: when it was made. */
  readonly created: string;
  readonly description: string;
  /** Ids of the results it was made upon. */
  readonly parents: readonly string[];
  /** Of something that was fetched: what its sender declared. */
  readonly facts?: Readonly<Record<string, string>>;
  /** The layers it became, by the DiffIDs of the image's layers below, and by the SOURCE_DATE_EPOCH that their times are bound by. */
  readonly layers: readonly {
    readonly below: readonly string[];
    readonly layer: NewLayer;
    readonly epoch?: number;
  }[];
  /** Of a copy that later ones may take files over from. */
  readonly copy?: CopyNote;
  /** Bytes of its files; once they have been counted. */
  readonly size?: number;
  /** The boot of the machine in which it was made, while it may not be on the disk: another boot does not trust it. */
  readonly boot?: string;
}

/** What links copies by the same instruction to one another. */
export interface CopyNote {
  /** What all of them upon the same base are found by, whatever they copied. */
  readonly lineage: string;
  /** Id of the result whose files it has, those that are listed in its note `kept`. */
  readonly from?: string;
  /** How many results before it gave their files on. */
  readonly generation: number;
}

/** A place for a step's result while it is made. */
export interface StepPlace {
  readonly id: string;
  /** The upper directory of its overlay, or the tree itself. */
  readonly diff: string;
  readonly work: string;
  /** An empty directory to mount at. */
  readonly mountPoint: string;
  /** For what only this step needs. */
  readonly scratch: string;
  /** The directory for files that stay beside those of the result; see CacheLease.notes. */
  readonly notes: string;
}

/** What a build sees of the cache. What it has found or kept stays until its release. */
export interface CacheLease {
  find(key: string): StepResult | undefined;
  /** The latest result of a copy of this lineage. */
  like(lineage: string): StepResult | undefined;
  /** By its id. */
  get(id: string): StepResult | undefined;
  /** Keeps what another build has found from being taken away. */
  hold(result: StepResult): void;
  /** The directory with a result's files. */
  directory(result: StepResult): string;
  /** The directory with what is noted of a result: `copied`, `kept` and `archive` of a copy. */
  notes(result: StepResult): string;
  begin(): Promise<StepPlace>;
  /** Keeps what was made; found by the keys from now on, also after the engine was killed. */
  keep(
    place: StepPlace,
    made: Pick<StepResult, 'keys' | 'description' | 'created' | 'facts' | 'copy' | 'size'> & {
      readonly parents?: readonly string[];
    },
  ): Promise<StepResult>;
  /** Abandons what was started. Idempotent. */
  drop(place: StepPlace): Promise<void>;
  /** Lets a result be found by one more key, or remembers a layer that it became. */
  update(
    result: StepResult,
    more: { readonly key?: string; readonly layer?: StepResult['layers'][number] },
  ): Promise<StepResult>;
  /** The directory of a cache mount; made by the caller when it is missing. */
  mount(id: string): string;
  /** Remembers what a cache mount is. */
  noteMount(id: string, description: string): void;
  /** An empty directory that stands for `scratch`. */
  readonly empty: string;
  /** Idempotent. */
  release(): void;
}

/** One thing in the cache, for lists and for the choice of what goes. */
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
  /** How often it was found since the engine was started. */
  readonly uses: number;
  /** A build has it. */
  readonly inUse: boolean;
}

/** Results of steps on disk, shared by all builds of an engine, and the directories of cache mounts. */
export interface CacheStore {
  lease(): CacheLease;
  readonly empty: string;
  /** All that is in it, sizes counted. */
  entries(): Promise<readonly CacheEntry[]>;
  /** Takes these away, but for those that a build has. @returns the ids of those that went */
  remove(ids: ReadonlySet<string>): Promise<readonly string[]>;
  /** Waits until all is on the disk, and says so of each result. */
  settle(): Promise<void>;
}
