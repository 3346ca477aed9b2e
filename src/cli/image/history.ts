import { humanDuration } from '../../human-duration.ts';
import { shortId } from '../../image/reference.ts';
import { type Command, flag } from '../arguments/command.ts';
import { humanSize } from '../arguments/sizes.ts';
import { formatFlag, noTruncFlag, printListing, quietFlag } from '../render/listing.ts';

/** Characters to show of an instruction. */
const instructionLength = 45;

export const command: Command = {
  name: 'history',
  summary: 'Show the layers of an image, newest first',
  args: {
    usage: 'IMAGE',
    min: 1,
    max: 1,
    flags: [
      formatFlag,
      {
        name: 'human',
        short: 'H',
        type: 'boolean',
        summary: 'Print human-readable sizes and times (default true)',
      },
      noTruncFlag,
      {
        name: 'platform',
        type: 'string',
        value: 'OS/ARCH',
        summary: 'The image of this platform',
      },
      quietFlag('ids'),
    ],
  },
  async run(args, ctx) {
    const [name = ''] = args.positional;
    const full = flag.bool(args, 'no-trunc');
    const human = flag.bool(args, 'human', true);
    const entries = await (await ctx.engine()).images.history(name, flag.str(args, 'platform'));
    const items = entries.map(({ Id, Created, CreatedBy, Size, Comment }) => {
      const instruction = CreatedBy.replaceAll('\t', ' ');
      const createdAt = new Date(Created * 1000).toISOString().replace('.000', '');
      return {
        Comment,
        CreatedAt: createdAt,
        CreatedBy:
          full || instruction.length <= instructionLength
            ? instruction
            : `${instruction.slice(0, instructionLength - 1)}…`,
        CreatedSince: human ? since(Created) : createdAt,
        ID: full || Id === '<missing>' ? Id : shortId(Id),
        Size: human ? humanSize(Size) : String(Size),
      };
    });
    printListing(ctx, args, items, {
      quiet: ({ ID }) => ID,
      titles: { ID: 'IMAGE' },
      columns: ['IMAGE', human ? 'CREATED' : 'CREATED AT', 'CREATED BY', 'SIZE', 'COMMENT'],
      row: ({ ID, CreatedSince, CreatedBy, Size, Comment }) => [ID, CreatedSince, CreatedBy, Size, Comment],
      repeated: true,
    });
    return 0;
  },
};

/** Times before 1980 mean "unknown". */
const since = (created: number): string =>
  created < 315_532_800 ? 'N/A' : `${humanDuration(Math.max(0, Date.now() - created * 1000))} ago`;
