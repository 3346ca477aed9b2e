import { join } from 'node:path';
import type { BuildConfig, BuildResult } from '../../build/plan/types.ts';
import type { EarlierLayer, Ingest, NewLayer } from '../../image/ingest-types.ts';
import type { ImageHistoryRecord, ImageRecord } from '../../image/types.ts';
import type { Engine } from '../context.ts';
import { emitImage } from '../images/image-events.ts';
import type { PlannedBuild } from './base-images.ts';
import type { CacheLease, StepResult } from './cache/cache-types.ts';
import type { Snapshot } from './snapshot.ts';
import { interrupted } from './steps/interrupted.ts';

const comment = 'buildkit.dockerfile.v0';
/** Of entries that BuildKit's exporter adds for layers without any. */
const exporterComment = 'buildkit.exporter.image.v0';
/** Go's zero time. */
const noTime = '0001-01-01T00:00:00Z';

interface ResultOptions {
  readonly tags: readonly string[];
  /** Seconds since 1970; no time is later. */
  readonly epoch: number | undefined;
  /** Records of the build's cache for the image's configuration. */
  readonly inline?: string | undefined;
  /** Aborted when the client has disconnected: nothing is recorded any more. */
  readonly signal?: AbortSignal;
}

/**
 * Makes an image of a target's tree and gives it its tags: layers, configuration and history as BuildKit makes them.
 * @throws TcomposeError BUILD_STEP when it was interrupted before the image was recorded
 */
export async function makeResultImage(
  engine: Engine,
  cache: CacheLease,
  { plan, images }: PlannedBuild,
  snapshot: Snapshot,
  { tags, epoch, inline, signal }: ResultOptions,
): Promise<ImageRecord> {
  const { result } = plan;
  const step = result.image === undefined ? undefined : plan.steps[result.image];
  const base = step?.kind === 'image' ? images.get(step.id) : undefined;
  const ingest = engine.images.ingest();
  try {
    const layers: NewLayer[] = [];
    if (base !== undefined) {
      ingest.hold(base);
      layers.push(...(await engine.images.layersOf(base)));
    }
    for (const one of snapshot.steps) {
      const below = layers.map(({ diffId }) => diffId);
      layers.push(await layerOf(engine, cache, one, below, ingest, epoch));
      if (signal?.aborted === true) throw interrupted();
    }
    const history = historyOf(result, snapshot, base, epoch);
    const [first, ...others] = tags;
    const { author } = result;
    const image = await engine.images.maker.image(
      {
        facts: {
          os: plan.platform.os,
          architecture: plan.platform.architecture,
          ...(plan.platform.variant === '' ? {} : { variant: plan.platform.variant }),
          created: history.at(-1)?.created ?? base?.created ?? noTime,
          ...(author === undefined ? {} : { author }),
          history: [...(base?.history ?? []), ...history],
          config: withoutEmpty(result.config),
        },
        layers,
        ...(inline === undefined ? {} : { more: { 'moby.buildkit.cache.v0': inline } }),
        ...(first === undefined ? {} : { tag: first }),
        ...(base === undefined ? {} : { parent: base.id }),
      },
      ingest,
    );
    engine.fault('build:recorded');
    for (const tag of others) await engine.images.tag(image.id, tag);
    engine.fault('build:tagged');
    for (const name of tags) emitImage(engine, 'tag', image.id, name);
    return engine.images.get(image.id) ?? image;
  } finally {
    await ingest.release();
  }
}

/** The layer made of a step on top of these layers; the same one as before, if it still exists. */
export async function layerOf(
  engine: Engine,
  cache: CacheLease,
  result: StepResult,
  below: readonly string[],
  ingest: Ingest,
  epoch: number | undefined,
): Promise<NewLayer> {
  const known = result.layers.find((one) => one.epoch === epoch && one.below.join() === below.join())?.layer;
  if (known !== undefined && (await isPresent(known, below, ingest))) return known;
  const source = { kind: 'upper', directory: cache.directory(result), still: true } as const;
  const times = epoch === undefined ? {} : { epoch };
  const layer = await engine.images.maker.layer(
    epoch === undefined ? { ...source, ...archivesOf(cache, result) } : { ...source, latest: epoch },
    below,
    ingest,
  );
  engine.fault('build:packed');
  await cache.update(result, { layer: { below, layer, ...times } });
  engine.fault('build:noted');
  return layer;
}

/** For a copy: what its archive can be made from, and what later copies need to do the same. */
function archivesOf(
  cache: CacheLease,
  result: StepResult,
): { readonly index?: string; readonly earlier?: EarlierLayer } {
  const { copy } = result;
  if (copy === undefined) return {};
  const index = join(cache.notes(result), 'archive');
  const from = copy.from === undefined ? undefined : cache.get(copy.from);
  const made = from?.layers.find((one) => one.epoch === undefined)?.layer;
  if (from === undefined || made === undefined) return { index };
  return {
    index,
    earlier: {
      digest: made.descriptor.digest,
      diffId: made.diffId,
      index: join(cache.notes(from), 'archive'),
      kept: join(cache.notes(result), 'kept'),
    },
  };
}

async function isPresent(layer: NewLayer, below: readonly string[], ingest: Ingest): Promise<boolean> {
  const request = { descriptor: layer.descriptor, diffIds: [...below, layer.diffId] };
  for (;;) {
    const answer = await ingest.layer(request);
    if (answer.kind === 'present') return true;
    if (answer.kind === 'write') {
      await answer.writer.abort();
      return false;
    }
    await answer.settled;
  }
}

/**
 * History entries of this build: a layer's entry has the time at which the layer was made, any other the time of the
 * layer before it, or of the first layer if there is none before.
 */
function historyOf(
  result: BuildResult,
  snapshot: Snapshot,
  base: ImageRecord | undefined,
  epoch: number | undefined,
): readonly ImageHistoryRecord[] {
  const times = snapshot.steps.map(({ created }) => created);
  let time = times[0] ?? base?.created ?? noTime;
  let next = 0;
  return result.history.map(({ createdBy, step, unrecorded }) => {
    if (step !== undefined) time = times[next++] ?? time;
    return {
      created: clamped(time, epoch),
      created_by: createdBy,
      comment: unrecorded === true ? exporterComment : comment,
      ...(step === undefined ? { empty_layer: true } : {}),
    };
  });
}

function clamped(time: string, epoch: number | undefined): string {
  if (epoch === undefined || Date.parse(time) <= epoch * 1000) return time;
  return new Date(epoch * 1000).toISOString().replace('.000Z', 'Z');
}

/** Members without content are not written. */
function withoutEmpty(config: BuildConfig): BuildConfig {
  const set = Object.entries(config).filter(
    ([, value]) =>
      value !== null &&
      value !== undefined &&
      value !== '' &&
      !(Array.isArray(value) && value.length === 0) &&
      !(typeof value === 'object' && Object.keys(value).length === 0),
  );
  return Object.fromEntries(set);
}
