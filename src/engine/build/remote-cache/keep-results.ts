import type { KeptResult } from '../../../build/llb/make-config.ts';
import type { LayerStep, StepId } from '../../../build/plan/types.ts';
import type { Ingest } from '../../../image/ingest-types.ts';
import type { Engine } from '../../context.ts';
import type { PlannedBuild } from '../base-images.ts';
import type { CacheLease } from '../cache/cache-types.ts';
import { stageImage } from '../platforms/stage-platform.ts';
import { layerOf } from '../result-image.ts';
import type { Snapshot } from '../snapshot.ts';
import type { CachedLayer } from './load-cache.ts';
import { otherTrees, type RemoteResult } from './remote-steps.ts';
import type { StepKeys } from './step-keys.ts';

/** A finished build, as needed to make a cache of it. */
export interface DoneBuild {
  readonly engine: Engine;
  readonly planned: PlannedBuild;
  readonly cache: CacheLease;
  readonly keys: StepKeys;
  /** The trees of steps that were carried out or taken from a cache. */
  readonly snapshots: ReadonlyMap<StepId, Snapshot>;
  readonly target: Snapshot;
  /** What caches contain about steps that were not needed. */
  readonly found: (id: StepId) => Promise<RemoteResult | undefined>;
  readonly epoch: number | undefined;
}

/** What a cache stores about a build. */
export interface KeptResults {
  readonly results: readonly KeptResult[];
  readonly layers: readonly CachedLayer[];
}

/** Collects what to put into a cache; layers that don't exist yet are made, and the ingest holds them. */
export async function keepResults(
  done: DoneBuild,
  mode: 'min' | 'max',
  ingest: Ingest,
): Promise<KeptResults> {
  const keeper = new Keeper(done, mode, ingest);
  for (const [id, step] of done.planned.plan.steps.entries())
    if (step.kind !== 'image' && step.kind !== 'fetch') await keeper.step(id, step);
  return { results: keeper.results, layers: [...keeper.layers.values()] };
}

class Keeper {
  readonly results: KeptResult[] = [];
  readonly layers = new Map<string, CachedLayer>();
  readonly #done: DoneBuild;
  readonly #mode: 'min' | 'max';
  readonly #ingest: Ingest;

  constructor(done: DoneBuild, mode: 'min' | 'max', ingest: Ingest) {
    this.#done = done;
    this.#mode = mode;
    this.#ingest = ingest;
  }

  async step(id: StepId, step: LayerStep): Promise<void> {
    const { keys, snapshots, target } = this.#done;
    const snapshot = snapshots.get(id);
    const readable = otherTrees(step).every((tree) => tree.kind !== 'step' || snapshots.has(tree.step));
    if (snapshot !== undefined && readable) await keys.read(id);
    const node = await keys.node(id);
    if (node === undefined) return;
    const made = snapshot?.steps.at(-1);
    if (snapshot === undefined || made === undefined) {
      if (this.#mode === 'max') await this.#unneeded(id);
      return;
    }
    const wanted = this.#mode === 'max' || target.steps.some((one) => one.id === made.id);
    const chain = wanted ? await this.#layersOf(step, snapshot) : undefined;
    const blobs = chain?.map(({ descriptor }) => descriptor.digest);
    const { created } = made;
    this.results.push({ node, blobs, created });
    const linked = keys.linked(node);
    if (linked !== undefined && step.kind === 'copy' && step.link && this.#mode === 'max')
      this.results.push({ node: linked, blobs: blobs?.slice(-1), created });
  }

  /** Passes on what another cache has about a step. */
  async #unneeded(id: StepId): Promise<void> {
    const { keys, found } = this.#done;
    const remote = await found(id);
    const node = await keys.node(id);
    if (remote === undefined || node === undefined) return;
    for (const layer of remote.layers) {
      await remote.cache.bring(layer.descriptor, this.#ingest);
      this.#add(layer);
    }
    const blobs = remote.layers.map(({ descriptor }) => descriptor.digest);
    this.results.push({ node, blobs, created: remote.created });
  }

  async #layersOf(step: LayerStep, snapshot: Snapshot): Promise<readonly CachedLayer[]> {
    const { engine, cache, epoch } = this.#done;
    const chain: CachedLayer[] = [];
    const { plan, images } = this.#done.planned;
    const image = stageImage(plan, images, step);
    if (image !== undefined) {
      this.#ingest.hold(image);
      chain.push(...(await engine.images.layersOf(image)));
    }
    for (const one of snapshot.steps) {
      const below = chain.map(({ diffId }) => diffId);
      chain.push(await layerOf(engine, cache, one, below, this.#ingest, epoch));
    }
    for (const layer of chain) this.#add(layer);
    return chain;
  }

  #add({ descriptor, diffId }: CachedLayer): void {
    this.layers.set(descriptor.digest, { descriptor, diffId });
  }
}
