import { type Command, flag } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { labelsText, listingFlags, noTruncFlag, printListing } from '../render/listing.ts';

export const command: Command = {
  name: 'ls',
  summary: 'List networks',
  args: {
    max: 0,
    flags: [...listingFlags('name=, label=, driver=', 'ids'), noTruncFlag],
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
      Labels: labelsText(network.Labels),
    }));
    printListing(ctx, args, items, {
      quiet: (item) => item.ID,
      titles: { ID: 'NETWORK ID' },
      columns: ['NETWORK ID', 'NAME', 'DRIVER', 'SCOPE', 'SUBNETS'],
      row: (item) => [item.ID, item.Name, item.Driver, item.Scope, item.Subnets],
    });
    return 0;
  },
};
