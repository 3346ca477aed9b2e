import type { Command } from '../arguments/command.ts';
import { inspectArgs, printInspected } from '../render/inspect-output.ts';

export const command: Command = {
  name: 'inspect',
  summary: 'Show everything about containers',
  args: inspectArgs('CONTAINER [CONTAINER...]'),
  async run(args, ctx) {
    const client = await ctx.engine();
    return printInspected(ctx, args, (name) => client.containers.inspect(name));
  },
};
