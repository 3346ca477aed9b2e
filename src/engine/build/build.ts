import { faultAt } from '../../build/dockerfile/fault.ts';
import { lint } from '../../build/lint/lint.ts';
import { type Remark, remarks } from '../../build/lint/remarks.ts';
import { formatPlan } from '../../build/plan/format-plan.ts';
import { parsePlatform } from '../../build/plan/platform.ts';
import { newNotes } from '../../build/plan/stages/notes.ts';
import type { LayerStep, RemoteSource } from '../../build/plan/types.ts';
import { TcomposeError } from '../../errors.ts';
import { familiarReference, listedName, normaliseTag } from '../../image/reference.ts';
import type { BuildEvent, BuildRequest } from '../api/build.ts';
import type { Engine } from '../context.ts';
import { type BaseSource, openImages, type PlannedBuild, planWithImages } from './base-images.ts';
import { type BuildClient, nobody } from './build-client.ts';
import { type BuildShop, StepFailure } from './build-shop.ts';
import type { CacheLease } from './cache/cache-types.ts';
import { Executor } from './executor.ts';
import { type LeftOver, leftOverOf } from './failed-step.ts';
import { writeLocally } from './local-output.ts';
import { stagePlatform } from './platforms/stage-platform.ts';
import { pullBase } from './pull-base.ts';
import { ownPlatform, type ReadRequest, readRequest, secretsOf } from './read-request.ts';
import { BuildCaches } from './remote-cache/build-caches.ts';
import type { CacheShare } from './remote-cache/kept-builds.ts';
import { makeResultImage } from './result-image.ts';
import { buildShop } from './shop.ts';
import type { BuildSink } from './sink.ts';
import { openToRead, type Snapshot } from './snapshot.ts';
import { shown } from './sources/downloads.ts';
import { inWords } from './steps/disk-full.ts';
import { interrupted } from './steps/interrupted.ts';

/**
 * Builds what is requested and reports it as events; the last one is `done`, `plan` or `error`.
 * @param client who is asked for credentials and agents while it runs
 * @param share the cache into which its results go together with those of other builds
 */
export async function build(
  engine: Engine,
  request: BuildRequest,
  sink: BuildSink,
  signal: AbortSignal,
  client: BuildClient = nobody,
  share?: CacheShare,
): Promise<void> {
  const shop = await buildShop(engine);
  shop.running++;
  const cache = shop.cache.lease();
  try {
    const secrets = secretsOf(request);
    const own = ownPlatform(engine);
    const platform = request.platform ? parsePlatform(request.platform, own) : own;
    const as = { cache, secrets, agent: client.agent('default'), signal };
    const fetch = async (source: RemoteSource) => {
      const text = `fetching ${shown(source.kind === 'git' ? source.remote : source.url)}`;
      await sink({ type: 'note', text });
      return shop.fetcher(source, as);
    };
    const read = await readRequest(request, {
      engine,
      cache,
      fetch,
      platform,
      sent: client.sources,
    });
    const local = new Set((request.local ?? []).map(listedName));
    const source: BaseSource = {
      pull: (reference, wanted) => pullBase(engine, reference, wanted, client, sink, signal),
      refresh: (reference) => request.pull === true && !local.has(familiarReference(reference)),
      known: read.images,
    };
    const { planned, rules } = await planTold(engine, request, read, source, sink);
    engine.fault('build:planned');
    if (request.only === 'plan') return await sink({ type: 'plan', text: formatPlan(planned.plan) });
    await tell(read, remarksOf(read, planned, secrets, client), sink);
    // Other clients take the warnings of a check as its result.
    const isResult = request.only === 'check' && client.sources === undefined;
    if (rules.length > 0 && (isResult || read.checks.error))
      throw new TcomposeError('BUILD_DOCKERFILE', `lint violation found for rules: ${rules.join(', ')}`);
    if (request.only === 'check') return await sink({ type: 'done', tags: [] });
    const around = { shop, cache, secrets, sink, signal, client, share };
    await sink(await carryOut(engine, request, read, planned, around));
  } catch (error) {
    await sink(errorEvent(inWords(error, engine.layout.lib)));
  } finally {
    cache.release();
    shop.running--;
    shop.ended();
  }
}

/** Plans a build, and reports what BuildKit's checks find, even when planning fails. */
async function planTold(
  engine: Engine,
  request: BuildRequest,
  read: ReadRequest,
  source: BaseSource,
  sink: BuildSink,
): Promise<{ readonly planned: PlannedBuild; readonly rules: readonly string[] }> {
  const notes = newNotes();
  const options = {
    ...read.options,
    everyStage: request.only === 'check' && read.options.target === undefined,
  };
  const told = async () => {
    if (request.only === 'plan') return [];
    const warnings = lint(read.parsed, read.dockerfile, notes, read.checks);
    await tell(read, warnings, sink);
    return [...new Set(warnings.map(({ rule }) => rule))].sort();
  };
  try {
    const planned = await planWithImages(engine, read.dockerfile, options, source, notes);
    return { planned, rules: await told() };
  } catch (error) {
    await told();
    throw error;
  }
}

async function tell(
  { dockerfile }: ReadRequest,
  remarked: readonly (Remark & { readonly rule?: string })[],
  sink: BuildSink,
): Promise<void> {
  for (const { range, ...one } of remarked) {
    const { where } = faultAt(dockerfile, range, one.message);
    await sink({ type: 'warning', ...one, ...(where === undefined ? {} : { where }) });
  }
}

/** For users of this project's own commands: other clients would take the warnings for BuildKit's. */
function remarksOf(
  { dockerfile, options }: ReadRequest,
  { plan }: PlannedBuild,
  secrets: ReadonlyMap<string, Buffer>,
  client: BuildClient,
): readonly Remark[] {
  if (client.sources !== undefined) return [];
  return remarks(dockerfile, plan, { args: options.buildArgs, secrets: [...secrets.keys()] });
}

/** What a build works with, and the client that waits for it. */
interface Around {
  readonly shop: BuildShop;
  readonly cache: CacheLease;
  readonly secrets: ReadonlyMap<string, Buffer>;
  readonly sink: BuildSink;
  readonly signal: AbortSignal;
  readonly client: BuildClient;
  readonly share: CacheShare | undefined;
}

async function carryOut(
  engine: Engine,
  request: BuildRequest,
  read: ReadRequest,
  planned: PlannedBuild,
  { shop, cache, secrets, sink, signal, client, share }: Around,
): Promise<BuildEvent> {
  const images = await openImages(engine, planned);
  const warn = async (message: string) => sink({ type: 'warning', message });
  let caches: BuildCaches | undefined;
  try {
    caches = await BuildCaches.open(request, { engine, client, signal, warn }, share);
    const sent = (await client.prepare?.(planned.plan)) ?? [];
    const inputs = {
      cache,
      contexts: read.contexts,
      secrets: new Map([...secrets, ...sent]),
      agent: client.agent,
      images: images.snapshots,
      platformOf: (step: LayerStep) => stagePlatform(planned.plan, planned.images, step),
      signal,
      limits: request.limits ?? {},
      keepFailed: request.keepFailed === true,
    };
    const executor = new Executor(engine, shop, planned.plan, inputs, sink);
    const { epoch } = read;
    const used = caches?.use(executor, { planned, shop, cache, epoch });
    const snapshot = await failuresPlaced(read, () => executor.run()).catch(async (error) => {
      const shell = await leftOverOf(engine, cache, planned, error);
      throw shell === undefined ? error : new Explained(errorEvent(error, shell));
    });
    if (signal.aborted) throw interrupted();
    const tags = (request.tags ?? []).map(normaliseTag);
    let made: Extract<BuildEvent, { type: 'done' }> = { type: 'done', tags: [] };
    if (client.take !== undefined) {
      const tree = openToRead(snapshot, shop.overlay);
      await client.take(tree, planned).finally(() => tree.close());
    } else if (request.localOutput !== undefined) {
      await writeLocally(snapshot, request.localOutput, shop.overlay).catch((error: unknown) => {
        throw inWords(error, request.localOutput!);
      });
      engine.fault('build:exported');
    } else {
      const inline = await used?.inline(snapshot);
      const image = await makeResultImage(engine, cache, planned, snapshot, { tags, epoch, inline, signal });
      made = { type: 'done', image: image.id, tags };
    }
    await used?.save(snapshot, sink);
    engine.fault('build:saved');
    return made;
  } finally {
    await caches?.release();
    await images.release();
  }
}

/** Reports a step's failure at a line of its instruction. */
async function failuresPlaced(read: ReadRequest, work: () => Promise<Snapshot>): Promise<Snapshot> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    const { reason, step, lines } = error;
    const known = reason instanceof TcomposeError ? reason : undefined;
    const placed = faultAt(
      read.dockerfile,
      step.range,
      error.message,
      known?.code ?? 'BUILD_STEP',
      known?.hint,
    );
    throw new StepFailure(step, placed, lines, error.left);
  }
}

/** An error that was already reported as an event. */
class Explained extends Error {
  readonly event: BuildEvent;
  constructor(event: BuildEvent) {
    super('the build failed');
    this.event = event;
  }
}

export function errorEvent(thrown: unknown, shell?: LeftOver): BuildEvent {
  if (thrown instanceof Explained) return thrown.event;
  const error = thrown instanceof StepFailure ? thrown.reason : thrown;
  const output =
    thrown instanceof StepFailure && thrown.lines.length > 0
      ? { output: { name: thrown.step.name, lines: thrown.lines } }
      : {};
  if (!(error instanceof TcomposeError))
    return { type: 'error', code: 'BUILD_STEP', message: (error as Error).message, ...output };
  const { code, message, hint, where } = error;
  return {
    type: 'error',
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(where === undefined ? {} : { where }),
    ...output,
    ...(shell === undefined ? {} : { shell }),
  };
}
