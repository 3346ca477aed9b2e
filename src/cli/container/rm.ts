import { tolerate } from '../../engine/client/api-failure.ts';
import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';
import { forEachTarget } from '../targets.ts';

export const command: Command = {
  name: 'rm',
  summary: 'Remove containers',
  args: {
    usage: 'CONTAINER [CONTAINER...]',
    min: 1,
    flags: [
      {
        name: 'force',
        short: 'f',
        type: 'boolean',
        summary: 'Kill running containers first; ignore those that do not exist',
      },
      { name: 'volumes', short: 'v', type: 'boolean', summary: 'Also remove their anonymous volumes' },
    ],
  },
  async run(args, ctx) {
    const client = await ctx.engine();
    const force = flag.bool(args, 'force');
    return forEachTarget(ctx, args.positional, async (name) => {
      // The client does not treat a repeated removal as an error, but a name that never existed is one.
      if (!force && (await tolerate(client.containers.inspect(name), 404)) === undefined)
        throw new TcomposeError('ENGINE_API', `No such container: ${name}`);
      await client.containers.remove(name, { force, volumes: flag.bool(args, 'volumes') });
    });
  },
};
