import { type Command, flag } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { usage } from '../arguments/usage-error.ts';
import { registryAccess } from '../credentials/registry-access.ts';
import { formatFlag, noTruncFlag, printListing } from '../render/listing.ts';

/** Characters to show of a description. */
const descriptionLength = 45;

export const command: Command = {
  name: 'search',
  summary: 'Search Docker Hub for images',
  args: {
    usage: 'TERM',
    min: 1,
    max: 1,
    flags: [
      {
        name: 'filter',
        short: 'f',
        type: 'strings',
        value: 'K=V',
        summary: 'Filter by is-official=, stars=',
      },
      formatFlag,
      { name: 'limit', type: 'number', value: 'N', summary: 'Most results (default 25)' },
      noTruncFlag,
    ],
  },
  async run(args, ctx) {
    const [term = ''] = args.positional;
    const limit = flag.num(args, 'limit') ?? 25;
    if (!Number.isInteger(limit) || limit < 1 || limit > 100)
      throw usage(`limit ${limit} is outside the range of [1, 100]`);
    const client = await ctx.engine();
    const headers = await registryAccess(ctx, client).headersFor('docker.io/library/search');
    const found = await client.images.search(term, limit, parseFilters(flag.list(args, 'filter')), headers);
    const full = flag.bool(args, 'no-trunc');
    const items = found.map(({ name, description, star_count, is_official }) => {
      const text = description.replace(/[\r\n]+/g, ' ');
      return {
        Name: name,
        Description:
          full || text.length <= descriptionLength ? text : `${text.slice(0, descriptionLength - 1)}…`,
        StarCount: String(star_count),
        IsOfficial: is_official ? '[OK]' : '',
      };
    });
    printListing(ctx, args, items, {
      quiet: ({ Name }) => Name,
      columns: ['NAME', 'DESCRIPTION', 'STARS', 'OFFICIAL'],
      row: ({ Name, Description, StarCount, IsOfficial }) => [Name, Description, StarCount, IsOfficial],
    });
    return 0;
  },
};
