import type { RemoteSource } from '../../../build/plan/types.ts';
import type { CacheLease, StepResult } from '../cache/cache-types.ts';

/** On whose behalf something is fetched. */
export interface FetchAs {
  readonly cache: CacheLease;
  readonly secrets: ReadonlyMap<string, Buffer>;
  /** Path of an ssh agent's socket. */
  readonly agent: string | undefined;
  readonly signal: AbortSignal;
}

/** What came of it: a kept tree, which may be there from before. */
export interface Fetched {
  readonly result: StepResult;
  readonly cached: boolean;
}

/** Has remote files and repositories in the store. @throws TcomposeError BUILD_STEP */
export type Fetcher = (source: RemoteSource, as: FetchAs) => Promise<Fetched>;
