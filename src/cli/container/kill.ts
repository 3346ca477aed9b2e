import { type Command, flag } from '../arguments/command.ts';
import { forEachTarget } from '../targets.ts';

export const command: Command = {
  name: 'kill',
  summary: 'Send a signal to running containers',
  args: {
    usage: 'CONTAINER [CONTAINER...]',
    min: 1,
    flags: [
      { name: 'signal', short: 's', type: 'string', value: 'SIGNAL', summary: 'Signal (default SIGKILL)' },
    ],
  },
  async run(args, ctx) {
    const client = await ctx.engine();
    return forEachTarget(ctx, args.positional, (name) =>
      client.containers.kill(name, flag.str(args, 'signal')),
    );
  },
};
