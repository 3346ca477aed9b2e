import type { Command } from '../arguments/command.ts';

export const command: Command = {
  name: 'wait',
  summary: 'Wait until containers stop and print their exit codes',
  args: { usage: 'CONTAINER [CONTAINER...]', min: 1, flags: [] },
  async run(args, ctx) {
    const client = await ctx.engine();
    const ends = args.positional.map((name) => client.containers.wait(name));
    for (const end of ends) ctx.write(`${(await end).StatusCode}\n`);
    return 0;
  },
};
