import { tolerate } from '../../engine/client/api-failure.ts';
import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';
import { forEachTarget } from '../targets.ts';

export const command: Command = {
  name: 'rm',
  summary: 'Remove networks',
  args: {
    usage: 'NETWORK [NETWORK...]',
    min: 1,
    flags: [{ name: 'force', short: 'f', type: 'boolean', summary: 'Ignore those that do not exist' }],
  },
  async run(args, ctx) {
    const client = await ctx.engine();
    return forEachTarget(ctx, args.positional, async (name) => {
      const missing = (await tolerate(client.networks.inspect(name), 404)) === undefined;
      if (missing && !flag.bool(args, 'force'))
        throw new TcomposeError('ENGINE_API', `network ${name} not found`);
      if (!missing) await client.networks.remove(name);
    });
  },
};
