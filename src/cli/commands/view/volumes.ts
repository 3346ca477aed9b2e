import { labels } from '../../../project/labels.ts';
import { observeContainers, projectFilter } from '../../../project/observe.ts';
import type { Command } from '../../arguments/command.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import { formatFlag, printListing, quietFlag } from '../../render/listing.ts';
import { volumeFields } from '../../volume/fields.ts';

export const command: Command = {
  name: 'volumes',
  summary: 'List volumes',
  args: {
    usage: '[SERVICE...]',
    flags: [formatFlag, quietFlag('names')],
  },
  async run(args, ctx) {
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const volumes = await client.volumes.list(projectFilter(scope.name));
    let names: ReadonlySet<string> | undefined;
    if (args.positional.length > 0) {
      const containers = selectContainers(
        scope,
        await observeContainers(client, scope.name),
        args.positional,
      );
      names = new Set(containers.flatMap((one) => one.mounts.flatMap((mount) => mount.Name ?? [])));
    }
    const items = volumes
      .filter((volume) => names === undefined || names.has(volume.Name))
      .sort((a, b) => (a.Name < b.Name ? -1 : 1))
      .map((volume) => ({ ...volumeFields(volume), Volume: volume.Labels?.[labels.volume] ?? '' }));
    printListing(ctx, args, items, {
      quiet: (item) => item.Name,
      titles: { Name: 'VOLUME NAME' },
      columns: ['DRIVER', 'VOLUME NAME'],
      row: (item) => [item.Driver, item.Name],
    });
    return 0;
  },
};
