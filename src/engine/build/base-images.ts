import { faultAt } from '../../build/dockerfile/fault.ts';
import type { Dockerfile } from '../../build/instruction/types.ts';
import type { BuildOptions } from '../../build/plan/options.ts';
import type { ImageNeed } from '../../build/plan/plan-images.ts';
import { planBuild } from '../../build/plan/planner.ts';
import type { PlanNotes } from '../../build/plan/stages/notes.ts';
import type { BaseImage, BuildConfig, BuildPlan, Platform, StepId } from '../../build/plan/types.ts';
import { suggested } from '../../build/suggest.ts';
import { TcomposeError } from '../../errors.ts';
import { formatPlatform, platformRank } from '../../image/platform.ts';
import {
  familiarReference,
  type ImageReference,
  parseReference,
  withDefaultTag,
} from '../../image/reference.ts';
import type { ImageRecord, RootfsSource } from '../../image/types.ts';
import type { Engine } from '../context.ts';
import type { Snapshot } from './snapshot.ts';

/** A plan and the images it builds on, by id. */
export interface PlannedBuild {
  readonly plan: BuildPlan;
  readonly images: ReadonlyMap<string, ImageRecord>;
}

/** How to get the images that a Dockerfile names. */
export interface BaseSource {
  readonly pull: (reference: ImageReference, platform: Platform) => Promise<ImageRecord>;
  /** Images that are in no registry, by full reference. */
  readonly known: ReadonlyMap<string, ImageRecord>;
  /** Whether to ask a registry for an image that is here already. */
  readonly refresh: (reference: ImageReference) => boolean;
}

/**
 * Plans a build, looking up the images that it names.
 * @param notes get what the planner found, also when it fails
 * @throws TcomposeError BUILD_DOCKERFILE, BUILD_EXPANSION; BUILD_CONTEXT for a missing image
 */
export async function planWithImages(
  engine: Engine,
  dockerfile: Dockerfile,
  options: BuildOptions,
  source: BaseSource,
  notes: PlanNotes,
): Promise<PlannedBuild> {
  const records = new Map<string, ImageRecord>();
  const known = new Map<string, BaseImage>();
  for (;;) {
    const planned = planBuild(dockerfile, options, known, notes);
    if (planned.kind === 'plan') return { plan: planned.plan, images: records };
    for (const need of planned.images) {
      const record = await lookUp(engine, dockerfile, need, source);
      records.set(record.id, record);
      known.set(need.key, baseOf(record));
    }
  }
}

async function lookUp(
  engine: Engine,
  dockerfile: Dockerfile,
  { reference, platform, range }: ImageNeed,
  { pull, refresh, known }: BaseSource,
): Promise<ImageRecord> {
  const own = known.get(reference);
  if (own !== undefined) return own;
  const wanted = withDefaultTag(parseReference(reference));
  const name = familiarReference(wanted);
  const record = engine.images.get(name, platform) ?? engine.images.get(name);
  if (record?.host === true)
    throw faultAt(
      dockerfile,
      range,
      `${name} cannot be used as a base: its files are those of this machine`,
      'BUILD_CONTEXT',
    );
  const suits = record !== undefined && platformRank(platform, record) !== undefined;
  if (suits && !refresh(wanted)) return record;
  try {
    return await pull(wanted, platform);
  } catch (error) {
    const here =
      record === undefined
        ? 'it is not on this machine'
        : suits
          ? 'a newer one was requested'
          : `it is here for ${formatPlatform(record)}, but ${formatPlatform(platform)} was requested`;
    throw faultAt(
      dockerfile,
      range,
      `${name.replace(/:latest$/, '')}: failed to resolve source metadata for ${reference}: ${here}, and ${(error as Error).message}${meantImage(name, dockerfile)}`,
      'BUILD_CONTEXT',
      (error instanceof TcomposeError ? error.hint : undefined) ??
        `\`tcompose image load\` and \`tcompose image import\` bring in images from machines without a registry.`,
    );
  }
}

/** Images whose names are often mistyped, as BuildKit has them. */
const commonImages = ['alpine', 'busybox', 'centos', 'debian', 'golang', 'ubuntu', 'fedora'];

/** The stage or common image that the name of an image was probably meant to be, for a message. */
function meantImage(name: string, { stages }: Dockerfile): string {
  const word = name.replace(/:latest$/, '');
  const names = stages.flatMap((stage) => stage.name ?? []);
  const close = suggested(word, [...names, ...commonImages, ...commonImages.map((one) => `${one}:latest`)]);
  return close === undefined || close === word ? '' : ` (did you mean ${close}?)`;
}

const baseOf = (record: ImageRecord): BaseImage => ({
  id: record.id,
  config: record.config as BuildConfig,
  os: record.os,
  architecture: record.architecture,
  layers: record.chain.length,
});

/** The trees of a plan's images, and a function that releases all of them. */
export interface OpenedImages {
  readonly snapshots: ReadonlyMap<StepId, Snapshot>;
  readonly release: () => Promise<void>;
}

export async function openImages(engine: Engine, { plan, images }: PlannedBuild): Promise<OpenedImages> {
  const snapshots = new Map<StepId, Snapshot>();
  const opened: RootfsSource[] = [];
  for (const [id, step] of plan.steps.entries()) {
    if (step.kind !== 'image') continue;
    const record = images.get(step.id)!;
    const source = await engine.images.rootfs(record);
    opened.push(source);
    // The last one is what every container has; it is not part of the image.
    const { lowerDirs } = source;
    snapshots.set(id, { id: record.id, directories: lowerDirs.slice(0, record.chain.length), steps: [] });
  }
  const release = async (): Promise<void> => {
    for (const source of opened) await source.release();
  };
  return { snapshots, release };
}
