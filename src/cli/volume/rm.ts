import { tolerate } from '../../engine/client/api-failure.ts';
import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';
import { forEachTarget } from '../targets.ts';

export const command: Command = {
  name: 'rm',
  summary: 'Remove volumes',
  args: {
    usage: 'VOLUME [VOLUME...]',
    min: 1,
    flags: [{ name: 'force', short: 'f', type: 'boolean', summary: 'Ignore those that do not exist' }],
  },
  async run(args, ctx) {
    const client = await ctx.engine();
    const force = flag.bool(args, 'force');
    return forEachTarget(ctx, args.positional, async (name) => {
      if (!force && (await tolerate(client.volumes.inspect(name), 404)) === undefined)
        throw new TcomposeError('ENGINE_API', `get ${name}: no such volume`);
      await client.volumes.remove(name, force);
    });
  },
};
