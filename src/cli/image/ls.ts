import type { ImageSummary } from '../../engine/api/image.ts';
import { humanDuration } from '../../human-duration.ts';
import { shortId } from '../../image/reference.ts';
import { type Command, flag } from '../arguments/command.ts';
import { parseFilters } from '../arguments/filters.ts';
import { humanSize } from '../arguments/sizes.ts';
import { listingFlags, noTruncFlag, printListing, timeText } from '../render/listing.ts';

/** One line for each tag; an image without one has `<none>`. */
function fieldsOf(image: ImageSummary, nowMs: number, full: boolean) {
  const tags = image.RepoTags.length === 0 ? ['<none>:<none>'] : image.RepoTags;
  return tags.map((reference) => {
    const colon = reference.lastIndexOf(':');
    return {
      Repository: reference.slice(0, colon),
      Tag: reference.slice(colon + 1),
      ID: full ? image.Id : shortId(image.Id),
      Digest: '<none>',
      CreatedAt: timeText(image.Created),
      // Times before 1980 stand for "not said".
      CreatedSince:
        image.Created < 315_532_800
          ? 'N/A'
          : `${humanDuration(Math.max(0, nowMs - image.Created * 1000))} ago`,
      Size: humanSize(image.Size),
      Containers: image.Containers < 0 ? 'N/A' : String(image.Containers),
    };
  });
}

export const command: Command = {
  name: 'ls',
  summary: 'List images',
  args: {
    usage: '[NAME]',
    max: 1,
    flags: [
      ...listingFlags('reference=, label=, dangling=', 'ids'),
      { name: 'all', short: 'a', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
      noTruncFlag,
    ],
  },
  async run(args, ctx) {
    const filters = parseFilters(flag.list(args, 'filter'));
    const [name] = args.positional;
    if (name !== undefined) filters.reference = [...(filters.reference ?? []), name];
    const client = await ctx.engine();
    const full = flag.bool(args, 'no-trunc');
    const images = [...(await client.images.list(filters))].sort((a, b) => b.Created - a.Created);
    const items = images.flatMap((image) => fieldsOf(image, Date.now(), full));
    printListing(ctx, args, items, {
      quiet: (item) => item.ID,
      columns: ['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE'],
      row: (item) => [item.Repository, item.Tag, item.ID, item.CreatedSince, item.Size],
    });
    return 0;
  },
};
