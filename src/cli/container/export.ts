import { type Command, type FlagSpec, flag } from '../arguments/command.ts';
import { checkOutput, writeArchive } from '../image/archive-streams.ts';

export const outputFlag: FlagSpec = {
  name: 'output',
  short: 'o',
  type: 'string',
  value: 'FILE',
  summary: 'Write to a file',
};

export const command: Command = {
  name: 'export',
  summary: "Write a container's file system to a tar archive",
  args: { usage: 'CONTAINER', min: 1, max: 1, flags: [outputFlag] },
  async run(args, ctx) {
    const output = flag.str(args, 'output');
    await checkOutput(ctx, output, 'export');
    const client = await ctx.engine();
    await writeArchive(ctx, await client.containers.export(args.positional[0] ?? ''), output);
    return 0;
  },
};
