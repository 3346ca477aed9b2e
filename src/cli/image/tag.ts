import { splitReference } from '../../image/reference.ts';
import type { Command } from '../arguments/command.ts';

export const command: Command = {
  name: 'tag',
  summary: 'Give an image a further name',
  args: { usage: 'IMAGE NAME[:TAG]', min: 2, max: 2, flags: [] },
  async run(args, ctx) {
    const [image = '', name = ''] = args.positional;
    const { repo, tag } = splitReference(name);
    await (await ctx.engine()).images.tag(image, repo, tag);
    return 0;
  },
};
