import type { Project } from '../../compose/model/project.ts';
import { tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { EventSink } from '../../events.ts';
import { observeContainers } from '../../project/observe.ts';
import type { CliContext } from '../context.ts';

interface Rebuild {
  readonly client: EngineClient;
  readonly project: Project;
  readonly names: ReadonlySet<string>;
  readonly emit: EventSink;
  readonly beforeStart?: (container: { readonly id: string; readonly service: string }) => Promise<void>;
  readonly quiet?: boolean | undefined;
  readonly prune?: boolean | undefined;
}

/**
 * Builds services and recreates their containers. Images from which only the old containers were made are removed,
 * unless `prune` is false or a name still refers to them. @returns services whose containers were replaced: a build may
 * give the same image.
 * @throws TcomposeError(s) of the build, with everything left as it was
 */
export async function rebuild(ctx: CliContext, input: Rebuild): Promise<ReadonlySet<string>> {
  const { client, project, names, emit, beforeStart, quiet = false, prune = true } = input;
  const { rebuildServices } = await import('../build/rebuild-services.ts');
  const before = await containersOf(client, project, names);
  await rebuildServices(ctx, client, project, names, emit, {
    quiet,
    ...(beforeStart === undefined ? {} : { beforeStart }),
  });
  const now = await containersOf(client, project, names);
  const images = new Set(now.map(({ imageId }) => imageId));
  const replaced = new Set(before.map(({ imageId }) => imageId).filter((id) => !images.has(id)));
  if (prune) for (const id of replaced) await pruneImage(client, id);
  const known = new Set(before.map(({ id }) => id));
  return new Set(now.filter(({ id }) => !known.has(id)).map(({ service }) => service));
}

async function containersOf(client: EngineClient, { name }: Project, services: ReadonlySet<string>) {
  return (await observeContainers(client, name)).filter(({ service }) => services.has(service));
}

/** An image that a name or another container still uses stays. */
async function pruneImage(client: EngineClient, id: string): Promise<void> {
  const image = (await client.images.list()).find((one) => one.Id === id);
  if (image === undefined || (image.RepoTags ?? []).some((tag) => tag !== '<none>:<none>')) return;
  await tolerate(client.transport.json({ method: 'DELETE', path: `/images/${id}` }), 404, 409);
}
