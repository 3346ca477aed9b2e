import { type Command, flag } from '../command.ts';
import { parseFilters } from '../filters.ts';
import { formatItems, table } from '../table.ts';

export const command: Command = {
  name: 'ls',
  summary: 'List networks',
  args: {
    max: 0,
    flags: [
      {
        name: 'filter',
        short: 'f',
        type: 'strings',
        value: 'K=V',
        summary: 'Only some: name=, label=, driver=',
      },
      { name: 'format', type: 'string', value: 'FORMAT', summary: 'table, json, or a template' },
      { name: 'no-trunc', type: 'boolean', summary: 'Do not shorten anything' },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Only ids' },
    ],
  },
  async run(args, ctx) {
    const filters = parseFilters(flag.list(args, 'filter'));
    const client = await ctx.engine();
    const full = flag.bool(args, 'no-trunc');
    const networks = [...(await client.networks.list(filters))].sort((a, b) => (a.Name < b.Name ? -1 : 1));
    const items = networks.map((network) => ({
      ID: full ? network.Id : network.Id.slice(0, 12),
      Name: network.Name,
      Driver: network.Driver,
      Scope: network.Scope,
      IPv6: network.EnableIPv6,
      Internal: network.Internal,
      CreatedAt: network.Created,
      Subnets: (network.IPAM.Config ?? []).map((pool) => pool.Subnet ?? '').join(','),
      Labels: Object.entries(network.Labels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    }));
    if (flag.bool(args, 'quiet')) ctx.write(items.map((item) => `${item.ID}\n`).join(''));
    else
      ctx.write(
        formatItems(flag.str(args, 'format'), items, () =>
          table(
            ['NETWORK ID', 'NAME', 'DRIVER', 'SCOPE', 'SUBNETS'],
            items.map((item) => [item.ID, item.Name, item.Driver, item.Scope, item.Subnets]),
          ),
        ),
      );
    return 0;
  },
};
