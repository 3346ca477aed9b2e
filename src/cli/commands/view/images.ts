import { tolerate } from '../../../engine/client/api-failure.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { TcomposeError } from '../../../errors.ts';
import { humanDuration } from '../../../human-duration.ts';
import { idDigits, idLength, listedName, shortId, splitReference } from '../../../image/reference.ts';
import { observeContainers } from '../../../project/observe.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { humanSize } from '../../arguments/sizes.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import { table } from '../../render/table.ts';

/** An image that is assembled here, like the built-in one, has no date of its own. `created` in Unix seconds. */
const ageOf = (created: number): string =>
  created === 0 ? 'N/A' : `${humanDuration(Date.now() - created * 1000)} ago`;

export const command: Command = {
  name: 'images',
  summary: 'List images of the containers',
  args: {
    usage: '[SERVICE...]',
    flags: [
      { name: 'format', type: 'string', choices: ['table', 'json'], summary: 'Output format: table, json' },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Only ids' },
    ],
  },
  async run(args, ctx) {
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const [found, images] = await Promise.all([observeContainers(client, scope.name), client.images.list()]);
    const containers = selectContainers(scope, found, args.positional);
    const byId = new Map(images.map((image) => [image.Id, image]));
    const details = await detailsOf(client, new Set(containers.map(({ imageId }) => imageId)));
    if (flag.bool(args, 'quiet')) {
      for (const id of new Set(containers.map((one) => idDigits(one.imageId) ?? one.imageId)))
        ctx.write(`${id}\n`);
      return 0;
    }
    const items = containers.map((container) => {
      const image = byId.get(container.imageId);
      // Of several names, the one from which the container was made.
      const names = image?.RepoTags ?? [];
      const own = names.find((name) => listedName(name) === listedName(container.image));
      const byDigest = container.image.includes('@') ? container.image : undefined;
      const { repo, tag } = nameOf(own ?? byDigest ?? names[0] ?? container.image);
      return {
        ID: container.imageId,
        ContainerName: container.name,
        Repository: repo,
        Tag: tag,
        Platform: details.get(container.imageId)?.platform ?? '',
        Size: image?.Size ?? 0,
        LastTagTime: details.get(container.imageId)?.lastTagTime ?? '',
        Created: image === undefined ? '' : new Date(image.Created * 1000).toISOString(),
        age: ageOf(image?.Created ?? 0),
      };
    });
    if (flag.str(args, 'format') === 'json')
      ctx.write(`${JSON.stringify(items.map(({ age: _age, ...item }) => item))}\n`);
    else
      ctx.write(
        table(
          ['CONTAINER', 'REPOSITORY', 'TAG', 'PLATFORM', 'IMAGE ID', 'SIZE', 'CREATED'],
          items.map((item) => [
            item.ContainerName,
            item.Repository,
            item.Tag,
            item.Platform,
            shortId(item.ID),
            humanSize(item.Size),
            item.age,
          ]),
        ),
      );
    return 0;
  },
};

interface ImageDetails {
  /** `os/architecture[/variant]`. */
  readonly platform: string;
  readonly lastTagTime: string;
}

/** Image id → what only its details say, for images that still exist. */
async function detailsOf(
  client: EngineClient,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ImageDetails>> {
  const found = await Promise.all(
    [...ids].map(async (id) => [id, await tolerate(client.images.inspect(id), 404)] as const),
  );
  return new Map(
    found.flatMap(([id, image]) =>
      image === undefined
        ? []
        : [
            [
              id,
              {
                platform: [image.Os, image.Architecture, image.Variant].filter(Boolean).join('/'),
                lastTagTime: image.Metadata.LastTagTime,
              },
            ] as const,
          ],
    ),
  );
}

/** Repository and tag of a name, if it has them; an image that has lost its name is shown by its id. */
function nameOf(name: string): { readonly repo: string; readonly tag: string } {
  const none = '<none>';
  if (idDigits(name)?.length === idLength) return { repo: none, tag: none };
  try {
    return splitReference(name);
  } catch (error) {
    if (error instanceof TcomposeError) return { repo: none, tag: none };
    throw error;
  }
}
