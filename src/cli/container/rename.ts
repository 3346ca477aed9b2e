import type { Command } from '../arguments/command.ts';

export const command: Command = {
  name: 'rename',
  summary: 'Give a container another name',
  args: { usage: 'CONTAINER NEW_NAME', min: 2, max: 2, flags: [] },
  async run(args, ctx) {
    const [container = '', name = ''] = args.positional;
    await (await ctx.engine()).containers.rename(container, name);
    return 0;
  },
};
