import { type Command, flag } from '../arguments/command.ts';
import { keyValues } from '../arguments/key-values.ts';

export const command: Command = {
  name: 'connect',
  summary: 'Connect a container to a network',
  args: {
    usage: 'NETWORK CONTAINER',
    min: 2,
    max: 2,
    flags: [
      {
        name: 'alias',
        type: 'strings',
        value: 'NAME',
        summary: 'Additional name of the container on the network',
      },
      { name: 'driver-opt', type: 'strings', value: 'K=V', summary: 'Option of the driver' },
      {
        name: 'gw-priority',
        type: 'number',
        value: 'N',
        summary: 'The highest priority gets the default route',
      },
      { name: 'ip', type: 'string', value: 'ADDRESS', summary: 'IPv4 address' },
      { name: 'ip6', type: 'string', value: 'ADDRESS', summary: 'IPv6 address' },
      { name: 'link', type: 'strings', value: 'CONTAINER[:ALIAS]', summary: 'Name for another container' },
      { name: 'link-local-ip', type: 'strings', value: 'ADDRESS', summary: 'Link-local address' },
    ],
  },
  async run(args, ctx) {
    const [network = '', container = ''] = args.positional;
    const ip = flag.str(args, 'ip');
    const ip6 = flag.str(args, 'ip6');
    const local = flag.list(args, 'link-local-ip');
    const priority = flag.num(args, 'gw-priority');
    const client = await ctx.engine();
    await client.networks.connect(network, {
      Container: container,
      EndpointConfig: {
        Aliases: flag.list(args, 'alias'),
        Links: flag.list(args, 'link').map((link) => (link.includes(':') ? link : `${link}:${link}`)),
        DriverOpts: keyValues(flag.list(args, 'driver-opt')),
        IPAMConfig: {
          ...(ip === undefined ? {} : { IPv4Address: ip }),
          ...(ip6 === undefined ? {} : { IPv6Address: ip6 }),
          ...(local.length === 0 ? {} : { LinkLocalIPs: local }),
        },
        ...(priority === undefined ? {} : { GwPriority: priority }),
      },
    });
    return 0;
  },
};
