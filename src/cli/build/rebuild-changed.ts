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
 * Builds again what was built here from what its service says, and has changed since: the context, the Dockerfile, the arguments.
 * Every step is looked for in the cache, so that what is as it was costs a look at the context's files. What can't be looked at
 * (a context that is gone, a base image that can't be fetched) is warned of, and the image stays.
 * @returns whether an image has changed
 * @throws TcomposeError of a build that failed
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
    // What can't even be planned was built from another configuration.
    if (!isUnreachable(error)) throw error;
    ctx.warn(`cannot tell whether images need a build: ${error.message}`);
    return false;
  }
}

/** Services whose image is here and was built from what the compose file says, with the image's id. */
async function builtHere(
  client: EngineClient,
  project: Project,
  observed: Observed,
  options: ImageOptions,
): Promise<ReadonlyMap<string, string>> {
  const found = wantedImages(project, options.defaultPlatform).flatMap((wanted) => {
    const { service, reference, use } = wanted;
    const { build, pull_policy: policy = 'missing' } = service;
    // What is never taken from the cache would be recreated by each `up`.
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
