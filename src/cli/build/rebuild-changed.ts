import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { decisionFor, type ImageOptions, localImage } from '../../project/images/required-images.ts';
import { wantedImages } from '../../project/images/wanted-images.ts';
import { labels } from '../../project/labels.ts';
import type { Observed } from '../../project/observed.ts';
import type { CliContext } from '../context.ts';
import { isOwnEngine } from '../is-own-engine.ts';
import { isUnreachable } from './build-error.ts';

/**
 * Rebuilds images that were built here from their service's present configuration and whose inputs have changed since:
 * the context, the Dockerfile, the arguments. Every step is looked up in the cache, so that an unchanged image costs
 * only an examination of the context's files. If an image can't be examined (its context is gone, a base image can't be
 * pulled), there is a warning, and the image stays.
 * @returns whether an image has changed
 * @throws TcomposeError of a failed build
 */
export async function rebuildChanged(
  ctx: CliContext,
  client: EngineClient,
  project: Project,
  observed: Observed,
  options: ImageOptions & { readonly quietBuild: boolean },
): Promise<boolean> {
  if (!isOwnEngine(client)) return false;
  const known = await builtHere(client, project, observed, options);
  if (known.size === 0) return false;
  const { runBuilds } = await import('./run-builds.ts');
  try {
    const built = await runBuilds(ctx, client, project, [...known.keys()], {
      args: {},
      noCache: false,
      quiet: options.quietBuild,
      onlyChanged: known,
      ...(options.defaultPlatform === undefined ? {} : { defaultPlatform: options.defaultPlatform }),
    });
    return [...built].some(([service, image]) => known.get(service) !== image);
  } catch (error) {
    // If not even a plan can be made, the image was built from another configuration.
    if (!isUnreachable(error)) throw error;
    ctx.warn(`cannot tell whether images need a build: ${error.message}`);
    return false;
  }
}

/** Services whose image is here and was built from the present configuration, with the image's id. */
async function builtHere(
  client: EngineClient,
  project: Project,
  observed: Observed,
  options: ImageOptions,
): Promise<ReadonlyMap<string, string>> {
  const found = wantedImages(project, options.defaultPlatform).flatMap((wanted) => {
    const { service, reference, use } = wanted;
    const { build, pull_policy: policy = 'missing' } = service;
    // Images that never use the cache would be recreated by each `up`.
    const always = build?.no_cache === true || (build?.no_cache_filter ?? []).length > 0;
    if (use !== 'container' || build === undefined || always) return [];
    if (!['missing', 'if_not_present'].includes(options.pull ?? policy)) return [];
    if (decisionFor(wanted, observed, options).kind !== 'use') return [];
    const id = localImage(reference, observed, wanted.platform)?.id;
    return id === undefined ? [] : [[service.name, id] as const];
  });
  const own = await Promise.all(
    found.map(async ([service, id]) => {
      const marks = (await client.images.inspect(id)).Config?.Labels ?? {};
      const ours = marks[labels.project] === project.name && marks[labels.service] === service;
      return ours && marks[labels.buildArguments] === undefined;
    }),
  );
  return new Map(found.filter((_, at) => own[at]));
}
