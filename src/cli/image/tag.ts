import { splitReference } from '../../image/reference.ts';
import type { Command } from '../arguments/command.ts';
import { usage } from '../arguments/usage-error.ts';

export const command: Command = {
  name: 'tag',
  summary: 'Add a name to an image',
  args: { usage: 'IMAGE NAME[:TAG]', min: 2, max: 2, flags: [] },
  async run(args, ctx) {
    const [image = '', name = ''] = args.positional;
    // A digest identifies an image and can't be chosen as its name.
    if (name.includes('@')) throw usage('refusing to create a tag with a digest reference');
    const { repo, tag } = splitReference(name);
    await (await ctx.engine()).images.tag(image, repo, tag);
    return 0;
  },
};
