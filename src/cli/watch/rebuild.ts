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
 * Builds services and makes their containers anew. Images that only those of before were made from go, unless `prune` is false or
 * a name still stands for them. @throws TcomposeError(s) of the build, with everything left as it was
 */
export async function rebuild(ctx: CliContext, input: Rebuild): Promise<void> {
  const { client, project, names, emit, beforeStart, quiet = false, prune = true } = input;
  const { rebuildServices } = await import('../build/rebuild-services.ts');
  const before = await imagesOf(client, project, names);
  await rebuildServices(ctx, client, project, names, emit, {
    quiet,
    ...(beforeStart === undefined ? {} : { beforeStart }),
  });
  if (!prune) return;
  const now = await imagesOf(client, project, names);
  for (const id of before) if (!now.has(id)) await pruneImage(client, id);
}

async function imagesOf(
  client: EngineClient,
  { name }: Project,
  services: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const containers = await observeContainers(client, name);
  return new Set(containers.filter(({ service }) => services.has(service)).map(({ imageId }) => imageId));
}

/** One that a name or another container still has stays. */
async function pruneImage(client: EngineClient, id: string): Promise<void> {
  const image = (await client.images.list()).find((one) => one.Id === id);
  if (image === undefined || (image.RepoTags ?? []).some((tag) => tag !== '<none>:<none>')) return;
  await tolerate(client.transport.json({ method: 'DELETE', path: `/images/${id}` }), 404, 409);
}
