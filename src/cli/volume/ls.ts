import { type Command, flag } from '../command.ts';
import { parseFilters } from '../filters.ts';
import { formatItems, table } from '../table.ts';

export const command: Command = {
  name: 'ls',
  summary: 'List volumes',
  args: {
    max: 0,
    flags: [
      {
        name: 'filter',
        short: 'f',
        type: 'strings',
        value: 'K=V',
        summary: 'Only some: name=, label=, dangling=',
      },
      { name: 'format', type: 'string', value: 'FORMAT', summary: 'table, json, or a template' },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Only names' },
    ],
  },
  async run(args, ctx) {
    const filters = parseFilters(flag.list(args, 'filter'));
    const client = await ctx.engine();
    const volumes = [...(await client.volumes.list(filters))].sort((a, b) => (a.Name < b.Name ? -1 : 1));
    const items = volumes.map((volume) => ({
      Name: volume.Name,
      Driver: volume.Driver,
      Scope: volume.Scope,
      Mountpoint: volume.Mountpoint,
      CreatedAt: volume.CreatedAt,
      Labels: Object.entries(volume.Labels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    }));
    if (flag.bool(args, 'quiet')) ctx.write(items.map((item) => `${item.Name}\n`).join(''));
    else
      ctx.write(
        formatItems(flag.str(args, 'format'), items, () =>
          table(
            ['DRIVER', 'VOLUME NAME'],
            items.map((item) => [item.Driver, item.Name]),
          ),
        ),
      );
    return 0;
  },
};
