import type { BuildPlan, LayerStep, StepId, Tree } from '../../../build/plan/types.ts';
import { chainIds } from '../../../image/digest.ts';
import type { Ingest } from '../../../image/ingest-types.ts';
import type { Engine } from '../../context.ts';
import type { CacheLease, StepResult } from '../cache/cache-types.ts';
import type { Snapshot } from '../snapshot.ts';
import type { CachedLayer, LoadedCache } from './load-cache.ts';
import type { StepKeys } from './step-keys.ts';

/** What a step made according to a cache: layers, the lowest first; the last one is the step's own. */
export interface RemoteResult {
  readonly cache: LoadedCache;
  readonly layers: readonly CachedLayer[];
  /** RFC 3339. */
  readonly created: string;
}

interface Around {
  readonly engine: Engine;
  readonly plan: BuildPlan;
  readonly keys: StepKeys;
  readonly caches: readonly LoadedCache[];
  readonly cache: CacheLease;
  /** Holds what is fetched until the build is over. */
  readonly ingest: Ingest;
  /** Called once for each cache that fails. */
  readonly warn: (message: string) => Promise<void>;
}

/** Steps of a build that were found in external caches. */
export class RemoteSteps {
  readonly #around: Around;
  readonly #failed = new Set<LoadedCache>();
  /** Steps that were found in the engine's own cache. */
  readonly #here = new Set<StepId>();

  constructor(around: Around) {
    this.#around = around;
  }

  /** What one of the caches has for a step. */
  async find(id: StepId): Promise<RemoteResult | undefined> {
    const { keys, caches } = this.#around;
    const node = await keys.node(id);
    if (node === undefined) return undefined;
    for (const cache of caches) {
      if (this.#failed.has(cache)) continue;
      const results = [...cache.finder.find(node)]
        .flatMap((at) => cache.config.records[at]!.results)
        .sort((a, b) => (a.created < b.created ? 1 : -1));
      for (const { chain, created } of results) {
        const layers = chain.flatMap((at) => cache.layers.get(cache.config.layers[at]!.blob) ?? []);
        if (layers.length === chain.length && layers.length > 0) return { cache, layers, created };
      }
    }
    return undefined;
  }

  /**
   * To be called when a step was found in the engine's own cache: the steps that it took files from are in the cache
   * too, but have not been read yet.
   */
  foundHere(id: StepId): void {
    this.#here.add(id);
  }

  /** Looks again, using the content that a step, and those below it, take from other steps. */
  async findByContent(id: StepId): Promise<RemoteResult | undefined> {
    const { keys, caches } = this.#around;
    const read = await Promise.all([...this.#here, id].map((one) => keys.read(one)));
    if (!read.includes(true)) return undefined;
    for (const { finder } of caches) finder.forget();
    return this.find(id);
  }

  /** The steps that must exist for the target: a step that is found needs its base, but not what it was made from. */
  async needed(): Promise<ReadonlySet<StepId>> {
    const { plan } = this.#around;
    const needed = new Set<StepId>();
    const pending: Tree[] = [plan.result.tree];
    for (let tree = pending.pop(); tree !== undefined; tree = pending.pop()) {
      if (tree.kind !== 'step' || needed.has(tree.step)) continue;
      needed.add(tree.step);
      const step = plan.steps[tree.step]!;
      if (step.kind === 'image' || step.kind === 'fetch') continue;
      pending.push(step.base);
      const found = step.fresh ? undefined : await this.find(tree.step);
      if (found === undefined) pending.push(...otherTrees(step));
    }
    return needed;
  }

  /** Makes what was found for a step its result; undefined, with a warning, when that fails. */
  async take(found: RemoteResult, step: LayerStep, base: Snapshot): Promise<StepResult | undefined> {
    const { cache } = this.#around;
    const diffIds = found.layers.map(({ diffId }) => diffId);
    const key = `layers ${chainIds(diffIds).at(-1)} ${base.id}`;
    const known = cache.find(key);
    if (known !== undefined) {
      cache.hold(known);
      return known;
    }
    try {
      return await this.#bring(found, step, base, key);
    } catch (error) {
      this.#failed.add(found.cache);
      await this.#around.warn(`cache_from: ${found.cache.name}: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #bring(found: RemoteResult, step: LayerStep, base: Snapshot, key: string): Promise<StepResult> {
    const { engine, cache, ingest } = this.#around;
    const { descriptor, diffId } = found.layers.at(-1)!;
    await found.cache.bring(descriptor, ingest);
    const place = await cache.begin();
    try {
      const size = await engine.images.maker.unpack({ descriptor, diffId }, place.diff, base.directories);
      const made = await cache.keep(place, {
        keys: [key],
        description: step.name,
        created: found.created,
        parents: base.steps.slice(-1).map(({ id }) => id),
      });
      const below = found.layers.slice(0, -1).map((layer) => layer.diffId);
      const chainId = chainIds([...below, diffId]).at(-1)!;
      return await cache.update(made, { layer: { below, layer: { descriptor, diffId, chainId, size } } });
    } finally {
      await cache.drop(place);
    }
  }
}

/** Trees that a step reads besides its base. */
export function otherTrees(step: LayerStep): readonly Tree[] {
  if (step.kind === 'run')
    return step.mounts.flatMap((mount) =>
      mount.type === 'bind' || mount.type === 'cache' ? [mount.from] : [],
    );
  if (step.kind === 'workdir') return [];
  const own = step.sources.flatMap((source) =>
    source.kind === 'path' && source.other !== undefined ? [source.other.from] : [],
  );
  return [step.from, ...own];
}
