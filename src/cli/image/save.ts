import { type Command, flag } from '../arguments/command.ts';
import { checkOutput, writeArchive } from './archive-streams.ts';

export const command: Command = {
  name: 'save',
  summary: 'Write images to an archive',
  args: {
    usage: 'IMAGE [IMAGE...]',
    min: 1,
    flags: [
      { name: 'output', short: 'o', type: 'string', value: 'FILE', summary: 'Write to a file' },
      { name: 'platform', type: 'string', value: 'OS/ARCH', summary: 'Only the image of this platform' },
    ],
  },
  async run(args, ctx) {
    const output = flag.str(args, 'output');
    await checkOutput(ctx, output, 'save');
    const client = await ctx.engine();
    await writeArchive(ctx, await client.images.save(args.positional, flag.str(args, 'platform')), output);
    return 0;
  },
};
