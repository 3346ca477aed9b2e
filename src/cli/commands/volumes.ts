import { labels } from '../../project/labels.ts';
import { observeContainers, projectFilter } from '../../project/observe.ts';
import { type Command, flag } from '../command.ts';
import { scopeOf, selectContainers } from '../project.ts';
import { formatItems, table } from '../table.ts';

export const command: Command = {
  name: 'volumes',
  summary: 'List volumes',
  args: {
    usage: '[SERVICE...]',
    flags: [
      { name: 'format', type: 'string', value: 'FORMAT', summary: 'table, json, or a template' },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Only names' },
    ],
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
      .map((volume) => ({
        Driver: volume.Driver,
        Name: volume.Name,
        Volume: volume.Labels?.[labels.volume] ?? '',
        Mountpoint: volume.Mountpoint,
        Scope: volume.Scope,
      }));
    if (flag.bool(args, 'quiet')) for (const item of items) ctx.write(`${item.Name}\n`);
    else
      ctx.write(
        formatItems(flag.str(args, 'format'), items, () =>
          table(
            ['VOLUME NAME', 'DRIVER'],
            items.map((item) => [item.Name, item.Driver]),
          ),
        ),
      );
    return 0;
  },
};
