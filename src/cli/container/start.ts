import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';
import { forEachTarget } from '../targets.ts';
import { attachTo } from './attach/attach-running.ts';

export const command: Command = {
  name: 'start',
  summary: 'Start stopped containers',
  args: {
    usage: 'CONTAINER [CONTAINER...]',
    min: 1,
    flags: [
      { name: 'attach', short: 'a', type: 'boolean', summary: 'Show its output, and end with its exit code' },
      { name: 'interactive', short: 'i', type: 'boolean', summary: 'Connect standard input' },
    ],
  },
  async run(args, ctx) {
    const client = await ctx.engine();
    const interactive = flag.bool(args, 'interactive');
    if (!flag.bool(args, 'attach') && !interactive)
      return forEachTarget(ctx, args.positional, (name) => client.containers.start(name));
    if (args.positional.length > 1)
      throw new TcomposeError('CLI_USAGE', 'only one container can be started and attached to at once');
    const found = await client.containers.inspect(args.positional[0]!);
    return attachTo(ctx, client, found.Id, {
      tty: found.Config.Tty === true,
      stdin: interactive && found.Config.OpenStdin === true,
      sigProxy: true,
      connected: () => client.containers.start(found.Id),
    });
  },
};
