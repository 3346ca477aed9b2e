import type { Ingest } from '../../../image/ingest-types.ts';
import type { Engine } from '../../context.ts';
import { type DoneBuild, type KeptResults, keepResults } from './keep-results.ts';

/**
 * What one cache is to contain about the builds of a request, which run one after the other: several platforms share
 * it. The caller releases it.
 */
export class KeptBuilds {
  readonly #ingest: Ingest;
  /** By mode, then by build. */
  readonly #kept = new Map<'min' | 'max', Map<DoneBuild, KeptResults>>();

  constructor({ images }: Pick<Engine, 'images'>) {
    this.#ingest = images.ingest();
  }

  /** @returns the results of this build, and of those that were added with that mode before */
  async with(done: DoneBuild, mode: 'min' | 'max'): Promise<KeptResults> {
    const kept = this.#kept.get(mode) ?? new Map<DoneBuild, KeptResults>();
    this.#kept.set(mode, kept);
    if (!kept.has(done)) kept.set(done, await keepResults(done, mode, this.#ingest));
    const all = [...kept.values()];
    const layers = new Map(all.flatMap((one) => one.layers.map((layer) => [layer.descriptor.digest, layer])));
    return { results: all.flatMap(({ results }) => results), layers: [...layers.values()] };
  }

  /** Idempotent. */
  release(): Promise<void> {
    return this.#ingest.release();
  }
}

/** Where a build's results go: into its own cache, or into that of several builds, which the last of them writes. */
export interface CacheShare {
  readonly kept: KeptBuilds;
  readonly last: boolean;
}
