import { type Command, flag } from '../arguments/command.ts';
import { keyValues } from '../arguments/key-values.ts';
import { usage } from '../arguments/usage-error.ts';

export const command: Command = {
  name: 'create',
  summary: 'Create a volume',
  args: {
    usage: '[VOLUME]',
    max: 1,
    flags: [
      { name: 'driver', short: 'd', type: 'string', value: 'DRIVER', summary: 'Driver (default local)' },
      { name: 'label', type: 'strings', value: 'K=V', summary: 'Label of the volume' },
      { name: 'name', type: 'string', hidden: true, summary: 'Name of the volume' },
      { name: 'opt', short: 'o', type: 'strings', value: 'K=V', summary: 'Option of the driver' },
    ],
  },
  async run(args, ctx) {
    const named = flag.str(args, 'name');
    if (named !== undefined && args.positional.length > 0)
      throw usage('conflicting options: --name and the name as an argument');
    const name = named ?? args.positional[0];
    const client = await ctx.engine();
    const volume = await client.volumes.create({
      ...(name === undefined ? {} : { Name: name }),
      Driver: flag.str(args, 'driver') ?? 'local',
      DriverOpts: keyValues(flag.list(args, 'opt')),
      Labels: keyValues(flag.list(args, 'label')),
    });
    ctx.write(`${volume.Name}\n`);
    return 0;
  },
};
