import { statusOf } from '../../engine/client/api-failure.ts';
import { TcomposeError, TcomposeErrors } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';

export const command: Command = {
  name: 'rm',
  summary: 'Remove images',
  args: {
    usage: 'IMAGE [IMAGE...]',
    min: 1,
    flags: [
      {
        name: 'force',
        short: 'f',
        type: 'boolean',
        summary: 'Remove it even if it has several names; ignore missing images',
      },
      { name: 'no-prune', type: 'boolean', summary: 'Keep unnamed parent images' },
    ],
  },
  async run(args, ctx) {
    const client = await ctx.engine();
    const force = flag.bool(args, 'force');
    const errors: TcomposeError[] = [];
    // One after the other, because names of one image depend on each other.
    for (const image of args.positional) {
      try {
        const removal = client.images.remove(image, { force, noprune: flag.bool(args, 'no-prune') });
        for (const step of await removal)
          ctx.write('Untagged' in step ? `Untagged: ${step.Untagged}\n` : `Deleted: ${step.Deleted}\n`);
      } catch (error) {
        if (!(error instanceof TcomposeError)) throw error;
        if (force && statusOf(error) === 404) ctx.warn(error.message);
        else errors.push(error);
      }
    }
    if (errors.length > 0) throw new TcomposeErrors(errors);
    return 0;
  },
};
