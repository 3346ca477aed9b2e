import { type Command, flag } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { listingFlags, printListing } from '../render/listing.ts';
import { volumeFields } from './fields.ts';

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
    const items = volumes.map(volumeFields);
    printListing(ctx, args, items, {
      quiet: (item) => item.Name,
      titles: { Name: 'VOLUME NAME' },
      columns: ['DRIVER', 'VOLUME NAME'],
      row: (item) => [item.Driver, item.Name],
    });
    return 0;
  },
};
