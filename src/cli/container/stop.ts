import { type Command, flag } from '../command.ts';
import { sharedFlags } from '../flags.ts';
import { forEachTarget } from '../targets.ts';

export const command: Command = {
  name: 'stop',
  summary: 'Stop running containers',
  args: {
    usage: 'CONTAINER [CONTAINER...]',
    min: 1,
    flags: [{ ...sharedFlags.timeout, aliases: ['time'] }],
  },
  async run(args, ctx) {
    const client = await ctx.engine();
    return forEachTarget(ctx, args.positional, (name) =>
      client.containers.stop(name, flag.num(args, 'timeout')),
    );
  },
};
