import type { Command } from '../arguments/command.ts';
import { forEachTarget } from '../targets.ts';

export const command: Command = {
  name: 'unpause',
  summary: 'Resume the processes of paused containers',
  args: { usage: 'CONTAINER [CONTAINER...]', min: 1, flags: [] },
  async run(args, ctx) {
    const client = await ctx.engine();
    return forEachTarget(ctx, args.positional, (name) => client.containers.unpause(name));
  },
};
