import type { Command } from '../arguments/command.ts';
import { createFlags } from './create/create-flags.ts';
import { createFromArgs } from './create/create-from-args.ts';

export const command: Command = {
  name: 'create',
  summary: 'Create a container without starting it',
  args: { usage: 'IMAGE [COMMAND] [ARGS...]', min: 1, passThroughAfter: 1, flags: createFlags },
  async run(args, ctx) {
    ctx.write(`${await createFromArgs(ctx, await ctx.engine(), args, true)}\n`);
    return 0;
  },
};
