import { type Command, flag } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { labelsText, listingFlags, printListing } from '../render/listing.ts';

export const command: Command = {
  name: 'ls',
  summary: 'List volumes',
  args: {
    max: 0,
    flags: [...listingFlags('name=, label=, dangling=', 'names')],
  },
  async run(args, ctx) {
    const filters = parseFilters(flag.list(args, 'filter'));
    const client = await ctx.engine();
    const volumes = [...(await client.volumes.list(filters))].sort((a, b) => (a.Name < b.Name ? -1 : 1));
    const items = volumes.map((volume) => ({
      Availability: 'N/A',
      CreatedAt: volume.CreatedAt,
      Driver: volume.Driver,
      Group: 'N/A',
      Labels: labelsText(volume.Labels),
      // Counting them is left to `system df -v`.
      Links: 'N/A',
      Mountpoint: volume.Mountpoint,
      Name: volume.Name,
      Scope: volume.Scope,
      Size: 'N/A',
      Status: 'N/A',
    }));
    printListing(ctx, args, items, {
      quiet: (item) => item.Name,
      titles: { Name: 'VOLUME NAME' },
      columns: ['DRIVER', 'VOLUME NAME'],
      row: (item) => [item.Driver, item.Name],
    });
    return 0;
  },
};
