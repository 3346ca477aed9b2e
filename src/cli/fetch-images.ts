import type { Project } from '../compose/model/project.ts';
import type { EngineClient } from '../engine/client/engine-client.ts';
import { listedName } from '../image/reference.ts';
import { copiedPaths } from '../project/content-parts.ts';
import { decisionFor, type ImageOptions, planImages } from '../project/images/required-images.ts';
import { inspectedImages, wantedImages } from '../project/images/wanted-images.ts';
import { observe } from '../project/observe.ts';
import type { Observed } from '../project/observed.ts';
import { usedVolumes } from '../project/plan-resources.ts';
import { flag, type ParsedArgs } from './arguments/command.ts';
import type { CliContext } from './context.ts';
import { runPlan } from './run-plan.ts';
import { refuseSameName } from './same-name.ts';

interface Fetched {
  readonly observed: Observed;
  /** For the plan that follows: images that are here now are up to date. */
  readonly images: ImageOptions;
}

/**
 * What a project's plan is based on, after fetching the images that it needs: which image a name refers to decides what
 * is recreated. All are tried; if one can't be fetched, the command fails before a container is touched. A dry run
 * fetches nothing, and lets the plan that follows say what would be fetched.
 * @param rebuild whether images are rebuilt when their inputs have changed, unless a flag forbids it
 */
export async function observeWithImages(
  ctx: CliContext,
  client: EngineClient,
  project: Project,
  options: ImageOptions,
  args: ParsedArgs,
  rebuild = false,
): Promise<Fetched> {
  const look = (inspectedImages: readonly string[]) =>
    observe(client, project.name, {
      volumes: usedVolumes(project).map((key) => project.volumes[key]!.name),
      files: copiedPaths(project),
      images: true,
      inspectedImages,
    });
  const observed = await look(inspectedImages(project, options.pull, options.defaultPlatform));
  await refuseSameName(args, project, observed.containers);
  if (ctx.globals.dryRun) {
    const supposed = withBuilt(ctx, project, observed, options, args);
    return { observed: supposed, images: options };
  }
  const missing = await buildImages(ctx, client, project, observed, options, args);
  const changed = rebuild && (await buildChanged(ctx, client, project, observed, options, args));
  const built = missing || changed;
  const now = built ? await look([]) : observed;
  // What --build has just built must be used, not what a registry has.
  const rest = missing && flag.bool(args, 'build') ? { ...options, built: buildable(project) } : options;
  const fetched = await fetchImages(ctx, client, project, now, rest, args);
  return built || fetched
    ? { observed: await look([]), images: seenTo(options) }
    : { observed, images: options };
}

/**
 * Pulls the images that `observed` lacks, and builds those that can be built but not pulled. False when there was
 * nothing to fetch, or nothing may be changed.
 */
export async function fetchImages(
  ctx: CliContext,
  client: EngineClient,
  project: Project,
  observed: Observed,
  options: ImageOptions,
  args: ParsedArgs,
): Promise<boolean> {
  const plan = planImages(project, observed, options);
  if (plan.steps.length === 0 || ctx.globals.dryRun) return false;
  const toBuild: string[] = [];
  await runPlan(
    ctx,
    { ...plan, warnings: [] },
    { client, project: project.name, buildLater: (service) => void toBuild.push(service) },
  );
  if (toBuild.length > 0) await build(ctx, client, project, toBuild, options, args);
  const { tellUnusedImages } = await import('./unused-images.ts');
  await tellUnusedImages(ctx, client);
  return true;
}

/**
 * Builds images that are missing and have a build section, or whose pull policy is build; with `--build` all that have
 * one. False when there was nothing to build, or nothing may be changed.
 */
export async function buildImages(
  ctx: CliContext,
  client: EngineClient,
  project: Project,
  observed: Observed,
  options: ImageOptions,
  args: ParsedArgs,
): Promise<boolean> {
  if (flag.bool(args, 'no-build') || ctx.globals.dryRun) return false;
  const services = imagesToBuild(project, observed, options, args).map(({ service }) => service.name);
  if (services.length === 0) return false;
  await build(ctx, client, project, services, options, args);
  return true;
}

async function build(
  ctx: CliContext,
  client: EngineClient,
  project: Project,
  services: readonly string[],
  options: ImageOptions,
  args: ParsedArgs,
): Promise<void> {
  const { runBuilds } = await import('./build/run-builds.ts');
  await runBuilds(ctx, client, project, services, {
    args: {},
    noCache: false,
    quiet: flag.bool(args, 'quiet-build'),
    ...(options.defaultPlatform === undefined ? {} : { defaultPlatform: options.defaultPlatform }),
  });
}

const buildable = (project: Project): ReadonlySet<string> =>
  new Set(Object.values(project.services).flatMap(({ name, build }) => (build === undefined ? [] : [name])));

/** Rebuilds what has changed since it was built, unless a flag forbids it. False when nothing has. */
async function buildChanged(
  ctx: CliContext,
  client: EngineClient,
  project: Project,
  observed: Observed,
  options: ImageOptions,
  args: ParsedArgs,
): Promise<boolean> {
  const off = ['build', 'no-build', 'no-auto-build', 'no-recreate'].some((name) => flag.bool(args, name));
  const buildable = Object.values(project.services).some(({ build }) => build !== undefined);
  if (off || ctx.globals.compatibility || !buildable) return false;
  const { rebuildChanged } = await import('./build/rebuild-changed.ts');
  const quietBuild = flag.bool(args, 'quiet-build');
  return rebuildChanged(ctx, client, project, observed, { ...options, quietBuild });
}

function imagesToBuild(project: Project, observed: Observed, options: ImageOptions, args: ParsedArgs) {
  const all = flag.bool(args, 'build') || options.pull === 'build';
  return wantedImages(project, options.defaultPlatform)
    .filter(({ use, service }) => use === 'container' && service.build !== undefined)
    .filter((wanted) => all || decisionFor(wanted, observed, options).kind === 'build');
}

/** For a dry run: what would exist after the images are built. */
function withBuilt(
  ctx: CliContext,
  project: Project,
  observed: Observed,
  options: ImageOptions,
  args: ParsedArgs,
): Observed {
  if (flag.bool(args, 'no-build')) return observed;
  const images = new Map(observed.images);
  for (const { reference, service } of imagesToBuild(project, observed, options, args)) {
    ctx.warn(`the image ${reference} of service ${service.name} would be built first`);
    if (!images.has(listedName(reference))) images.set(listedName(reference), notBuiltYet);
  }
  return { ...observed, images };
}

/** Represents the id of an image that would be built. */
const notBuiltYet = `sha256:${'0'.repeat(64)}`;

/** Options for a plan whose images were fetched before: what is here is up to date. */
export const seenTo = (options: ImageOptions): ImageOptions => ({ ...options, pull: 'never' });
