import { platformText } from '../../build/plan/platform.ts';
import type {
  BuildPlan,
  CopyStep,
  FetchStep,
  LayerStep,
  RunStep,
  Step,
  StepId,
  Tree,
  WorkdirStep,
} from '../../build/plan/types.ts';
import { TcomposeError } from '../../errors.ts';
import type { Engine } from '../context.ts';
import { ownPlatform } from '../images/asked-platform.ts';
import { rfc3339 } from '../time-text.ts';
import { contextTree } from './build-context.ts';
import { type BuildInputs, type BuildShop, KeptFailure, StepFailure } from './build-shop.ts';
import type { StepPlace, StepResult } from './cache/cache-types.ts';
import { contentDigest } from './files/content-digest.ts';
import { ChangedMeanwhile } from './files/listing.ts';
import { ReadingNote } from './files/reading-note.ts';
import { select } from './files/select.ts';
import type { SourceTree } from './files/source-tree.ts';
import { otherTrees, type RemoteSteps } from './remote-cache/remote-steps.ts';
import type { BuildSink } from './sink.ts';
import { emptySnapshot, openToRead, openToWrite, type Snapshot, withStep } from './snapshot.ts';
import { keyOf } from './step-key.ts';
import { type CopyInput, readCopyInput, runWorkdir } from './steps/copy-step.ts';
import { inWords } from './steps/disk-full.ts';
import { interrupted } from './steps/interrupted.ts';
import { copyUpon } from './steps/repeated-copy.ts';
import { runCommand } from './steps/run-step.ts';
import { StepLog } from './steps/step-log.ts';

/** How often to copy again when files change meanwhile. */
const mostRounds = 4;

/** Carries out a plan: each step as soon as its inputs exist, in parallel up to the number of slots. */
export class Executor {
  readonly #engine: Engine;
  readonly #shop: BuildShop;
  readonly #plan: BuildPlan;
  readonly #inputs: BuildInputs;
  readonly #sink: BuildSink;
  readonly #running = new Map<StepId, Promise<Snapshot>>();
  #remote: RemoteSteps | undefined;

  constructor(engine: Engine, shop: BuildShop, plan: BuildPlan, inputs: BuildInputs, sink: BuildSink) {
    this.#engine = engine;
    this.#shop = shop;
    this.#plan = plan;
    this.#inputs = inputs;
    this.#sink = sink;
  }

  /** To be called before `run`: steps that are found in external caches are taken from them. */
  useCaches(remote: RemoteSteps): void {
    this.#remote = remote;
  }

  /** The target's tree. @throws StepFailure */
  async run(): Promise<Snapshot> {
    const { steps, unneeded } = this.#plan;
    await this.#sink({ type: 'begin', steps: steps.length, unneeded });
    const needed = await this.#remote?.needed();
    const all = this.#plan.steps.map((step, id) =>
      needed === undefined || needed.has(id) ? this.#step(id) : this.#unneeded(id, step),
    );
    const settled = await Promise.allSettled(all);
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return this.#snapshot(this.#plan.result.tree);
  }

  /** Trees of the steps that were needed for the target. */
  async made(): Promise<ReadonlyMap<StepId, Snapshot>> {
    const made = new Map<StepId, Snapshot>();
    for (const [id, snapshot] of this.#running) made.set(id, await snapshot);
    return made;
  }

  /** A step that is not needed any more, because everything based on it was found in a cache. */
  async #unneeded(id: StepId, { name, kind }: Step): Promise<void> {
    if (kind === 'image') return;
    await this.#sink({ type: 'end', step: id, name, outcome: 'cached', took: 0 });
  }

  #snapshot(tree: Tree): Promise<Snapshot> {
    if (tree.kind === 'step') return this.#step(tree.step);
    if (tree.kind === 'empty') return Promise.resolve(emptySnapshot);
    throw new Error(`the plan uses the context ${tree.name} where a step is expected`);
  }

  #step(id: StepId): Promise<Snapshot> {
    const known = this.#running.get(id);
    if (known !== undefined) return known;
    const made = this.#carryOut(id);
    made.catch(() => undefined);
    this.#running.set(id, made);
    return made;
  }

  async #carryOut(id: StepId): Promise<Snapshot> {
    const step = this.#plan.steps[id]!;
    if (step.kind === 'image') {
      await this.#sink({ type: 'start', step: id, name: step.name, base: true });
      await this.#sink({ type: 'end', step: id, name: step.name, outcome: 'done', took: 0 });
      return this.#inputs.images.get(id)!;
    }
    if (step.kind === 'fetch') return this.#fetch(id, step);
    const base = await this.#snapshot(step.base);
    const tops = step.kind === 'copy' && step.link ? emptySnapshot : base;
    const log = new StepLog((text) => this.#sink({ type: 'log', step: id, text }));
    const since = this.#engine.clock.monotonic();
    const tell = (outcome: 'done' | 'cached' | 'failed') =>
      this.#sink({
        type: 'end',
        step: id,
        name: step.name,
        outcome,
        took: Math.round(this.#engine.clock.monotonic() - since),
      });
    try {
      const { result, cached } = await this.#result(id, step, tops, log);
      await log.end();
      await tell(cached ? 'cached' : 'done');
      return withStep(base, result, this.#inputs.cache.directory(result), tops !== base);
    } catch (error) {
      await log.end();
      if (error instanceof StepFailure) throw error;
      await tell('failed');
      if (!(error instanceof KeptFailure)) throw new StepFailure(step, this.#inWords(error), log.last);
      const { reason, result } = error;
      const left = withStep(base, result, this.#inputs.cache.directory(result));
      throw new StepFailure(step, reason, log.last, left);
    }
  }

  /** Something fetched is a tree by itself, and not a layer of what is made from it. */
  async #fetch(id: StepId, step: FetchStep): Promise<Snapshot> {
    const { fetcher } = this.#shop;
    const { cache, secrets, agent, signal } = this.#inputs;
    const { name } = step;
    const since = this.#engine.clock.monotonic();
    const took = () => Math.round(this.#engine.clock.monotonic() - since);
    await this.#sink({ type: 'start', step: id, name });
    try {
      const { result, cached } = await fetcher(step.source, {
        cache,
        secrets,
        agent: agent('default'),
        signal,
      });
      await this.#sink({ type: 'end', step: id, name, outcome: cached ? 'cached' : 'done', took: took() });
      return { id: result.id, directories: [cache.directory(result)], steps: [] };
    } catch (error) {
      await this.#sink({ type: 'end', step: id, name, outcome: 'failed', took: took() });
      throw new StepFailure(step, this.#inWords(error), []);
    }
  }

  #inWords(error: unknown): unknown {
    return inWords(error, this.#engine.layout.lib);
  }

  async #result(
    id: StepId,
    step: LayerStep,
    base: Snapshot,
    log: StepLog,
  ): Promise<{ result: StepResult; cached: boolean }> {
    for (let round = 1; ; round++) {
      try {
        return await this.#attempt(id, step, base, log);
      } catch (error) {
        if (!(error instanceof ChangedMeanwhile)) throw error;
        if (round < mostRounds) continue;
        throw new TcomposeError('BUILD_STEP', 'files changed again and again while they were copied', {
          hint: 'Something writes into the build context; leave that out by a .dockerignore file.',
        });
      }
    }
  }

  async #attempt(
    id: StepId,
    step: LayerStep,
    base: Snapshot,
    log: StepLog,
  ): Promise<{ result: StepResult; cached: boolean }> {
    const { underWay } = this.#shop;
    const { cache } = this.#inputs;
    const ahead = await this.#takeUnread(id, step, base);
    if (ahead !== undefined) return { result: ahead, cached: true };
    const input = step.kind === 'copy' ? await this.#copyInput(step) : undefined;
    const key = keyOf(
      step,
      base,
      input?.digest ?? '',
      step.kind === 'run' ? [...(await this.#mountDigests(step)), ...this.#otherPlatform(step)] : [],
    );
    if (!step.fresh) {
      const known = cache.find(key) ?? (await underWay.get(key)?.catch(() => undefined));
      if (known !== undefined) {
        cache.hold(known);
        this.#remote?.foundHere(id);
        return { result: known, cached: true };
      }
      const found = (await this.#remote?.find(id)) ?? (await this.#remote?.findByContent(id));
      const taken = found && (await this.#remote?.take(found, step, base));
      if (taken !== undefined) {
        await cache.update(taken, { key });
        return { result: taken, cached: true };
      }
    }
    await this.#sink({ type: 'start', step: id, name: step.name });
    const making = this.#make(step, base, input, key, log);
    making.catch(() => undefined);
    underWay.set(key, making);
    try {
      return { result: await making, cached: false };
    } finally {
      underWay.delete(key);
    }
  }

  /** Takes a step from a cache before other steps, whose files it would read, are carried out. */
  async #takeUnread(id: StepId, step: LayerStep, base: Snapshot): Promise<StepResult | undefined> {
    const reads = otherTrees(step).some((tree) => tree.kind === 'step' && !this.#running.has(tree.step));
    if (this.#remote === undefined || step.fresh || !reads) return undefined;
    const found = await this.#remote.find(id);
    return found && this.#remote.take(found, step, base);
  }

  async #make(
    step: LayerStep,
    base: Snapshot,
    input: CopyInput | undefined,
    key: string,
    log: StepLog,
  ): Promise<StepResult> {
    const { cache } = this.#inputs;
    const release = await this.#shop.slot();
    const place = await cache.begin();
    this.#engine.fault('build:begun');
    let noted: Pick<StepResult, 'copy' | 'size'> = {};
    try {
      if (this.#inputs.signal.aborted) throw interrupted();
      if (step.kind === 'run')
        await this.#runCommand(step, base, place, log).catch((error) => this.#keepFailed(error, step, place));
      else if (step.kind === 'copy') noted = await this.#copy(step, base, input!, place, log);
      else this.#makeDirectory(step, base, place);
      if (step.kind !== 'run') this.#engine.fault('build:copied');
      const created = rfc3339(this.#engine.clock.now());
      const parents = base.steps.slice(-1).map((one) => one.id);
      return await cache.keep(place, { keys: [key], description: step.name, created, parents, ...noted });
    } finally {
      await cache.drop(place);
      release();
    }
  }

  #makeDirectory(step: WorkdirStep, base: Snapshot, place: StepPlace): void {
    const target = openToWrite(base, place, this.#shop.overlay);
    try {
      runWorkdir(step, target);
    } finally {
      target.close();
    }
  }

  /** What a failed command left is kept under no key, so no later build finds it. */
  async #keepFailed(error: unknown, { name }: RunStep, place: StepPlace): Promise<never> {
    const { keepFailed, signal, cache } = this.#inputs;
    if (!keepFailed || signal.aborted) throw error;
    const created = rfc3339(this.#engine.clock.now());
    throw new KeptFailure(error, await cache.keep(place, { keys: [], description: name, created }));
  }

  #runCommand(step: RunStep, base: Snapshot, place: StepPlace, log: StepLog): Promise<void> {
    const { locks, overlay, skeleton } = this.#shop;
    const { cache, secrets, agent, signal, limits } = this.#inputs;
    return runCommand(step, {
      engine: this.#engine,
      base,
      place,
      overlay,
      skeleton,
      sources: { cache, locks, secrets, agent, signal, open: (tree) => this.open(tree) },
      output: (bytes) => log.write(bytes),
      said: () => log.last,
      limits,
      signal,
    });
  }

  #copy(
    step: CopyStep,
    base: Snapshot,
    input: CopyInput,
    place: StepPlace,
    log: StepLog,
  ): Promise<Pick<StepResult, 'copy' | 'size'>> {
    return copyUpon(step, input, {
      base,
      place,
      cache: this.#inputs.cache,
      overlay: this.#shop.overlay,
      open: (tree) => this.open(tree),
      warn: (warning) => log.write(Buffer.from(`${warning}\n`)),
    });
  }

  async #copyInput(step: CopyStep): Promise<CopyInput> {
    const tell = (text: string) => void this.#sink({ type: 'note', text });
    const note = new ReadingNote(() => this.#engine.clock.monotonic(), tell);
    const input = await readCopyInput(step, (tree) => this.open(tree), this.#shop.files, note);
    note.end();
    return input;
  }

  /** The platform that a command runs on, if it differs from this machine's. */
  #otherPlatform(step: RunStep): readonly string[] {
    const { os, architecture, variant } = this.#inputs.platformOf(step);
    const own = os === ownPlatform.os && architecture === ownPlatform.architecture;
    return own ? [] : [platformText({ os, architecture, variant })];
  }

  /** Bind mounts count by the content that they show. */
  async #mountDigests(step: RunStep): Promise<readonly string[]> {
    const digests: string[] = [];
    for (const mount of step.mounts) {
      if (mount.type !== 'bind' || mount.from.kind === 'empty') continue;
      const tree = await this.open(mount.from);
      try {
        const selected = await select(tree, mount.source, 'literal');
        digests.push((await contentDigest(tree, selected, undefined, this.#shop.files)).content);
      } finally {
        await tree.close();
      }
    }
    return digests;
  }

  /** A tree to read from, once it exists; the caller closes it. */
  async open(tree: Tree): Promise<SourceTree> {
    if (tree.kind === 'context') {
      const context = this.#inputs.contexts.get(tree.name);
      if (context === undefined)
        throw new TcomposeError('BUILD_CONTEXT', `there is no build context named ${tree.name || 'default'}`);
      return contextTree(context);
    }
    const directory = openToRead(await this.#snapshot(tree), this.#shop.overlay);
    const title = tree.kind === 'step' ? this.#plan.steps[tree.step]!.name : 'scratch';
    return { directory, ignore: undefined, ownerless: false, title, close: () => directory.close() };
  }
}
