import type { Command } from '../arguments/command.ts';
import { inspectArgs, printInspected } from '../render/inspect-output.ts';

export const command: Command = {
  name: 'inspect',
  summary: 'Show everything about images',
  args: inspectArgs('IMAGE [IMAGE...]'),
  async run(args, ctx) {
    const client = await ctx.engine();
    return printInspected(ctx, args, (name) => client.images.inspect(name));
  },
};
