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

/** The result: a kept tree, which may have existed before. */
export interface Fetched {
  readonly result: StepResult;
  readonly cached: boolean;
}

/** Fetches remote files and repositories into the store. @throws TcomposeError BUILD_STEP */
export type Fetcher = (source: RemoteSource, as: FetchAs) => Promise<Fetched>;
