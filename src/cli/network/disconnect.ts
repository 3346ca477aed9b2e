import { type Command, flag } from '../arguments/command.ts';

export const command: Command = {
  name: 'disconnect',
  summary: 'Disconnect a container from a network',
  args: {
    usage: 'NETWORK CONTAINER',
    min: 2,
    max: 2,
    flags: [
      {
        name: 'force',
        short: 'f',
        type: 'boolean',
        summary: 'Include containers that the engine does not know',
      },
    ],
  },
  async run(args, ctx) {
    const [network = '', container = ''] = args.positional;
    const client = await ctx.engine();
    await client.networks.disconnect(network, container, flag.bool(args, 'force'));
    return 0;
  },
};
