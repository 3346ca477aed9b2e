import { type Command, flag } from '../arguments/command.ts';
import { inspectArgs, printInspected } from '../render/inspect-output.ts';

const image = inspectArgs('IMAGE [IMAGE...]');

export const command: Command = {
  name: 'inspect',
  summary: 'Show everything about images',
  args: {
    ...image,
    flags: [
      ...(image.flags ?? []),
      { name: 'platform', type: 'string', value: 'OS/ARCH', summary: 'The image of this platform' },
    ],
  },
  async run(args, ctx) {
    const client = await ctx.engine();
    const platform = flag.str(args, 'platform');
    return printInspected(ctx, args, (name) => client.images.inspect(name, platform));
  },
};
