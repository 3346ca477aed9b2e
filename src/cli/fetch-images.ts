import type { Project } from '../compose/model/project.ts';
import type { EngineClient } from '../engine/client/engine-client.ts';
import { copiedPaths } from '../project/content-parts.ts';
import { type ImageOptions, planImages } from '../project/images/required-images.ts';
import { inspectedImages } from '../project/images/wanted-images.ts';
import { observe } from '../project/observe.ts';
import type { Observed } from '../project/observed.ts';
import { usedVolumes } from '../project/plan-resources.ts';
import type { ParsedArgs } from './arguments/command.ts';
import type { CliContext } from './context.ts';
import { runPlan } from './run-plan.ts';
import { refuseSameName } from './same-name.ts';

interface Fetched {
  readonly observed: Observed;
  /** For the plan that comes after: images that are here now are as they should be. */
  readonly images: ImageOptions;
}

/**
 * What a project's plan is made from, with the images that it needs fetched before: which image a name comes to decides what is
 * made anew. All of them are tried; one that can't be had fails the command before a container is touched. A dry run fetches
 * nothing, and leaves it to the plan that comes after to say what would be.
 */
export async function observeWithImages(
  ctx: CliContext,
  client: EngineClient,
  project: Project,
  options: ImageOptions,
  args: ParsedArgs,
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
  const fetched = await fetchImages(ctx, client, project, observed, options);
  return fetched ? { observed: await look([]), images: seenTo(options) } : { observed, images: options };
}

/** Fetches what `observed` lacks. False: there was nothing to fetch, or nothing may be done. */
export async function fetchImages(
  ctx: CliContext,
  client: EngineClient,
  project: Project,
  observed: Observed,
  options: ImageOptions,
): Promise<boolean> {
  const plan = planImages(project, observed, options);
  if (plan.steps.length === 0 || ctx.globals.dryRun) return false;
  await runPlan(ctx, { ...plan, warnings: [] }, { client, project: project.name });
  return true;
}

/** Options for a plan before which the images were fetched: what is here is as it should be. */
export const seenTo = (options: ImageOptions): ImageOptions => ({ ...options, pull: 'never' });
