import type { NetworkCreateRequest } from '../../engine/api/network.ts';
import { type Command, flag, type ParsedArgs } from '../arguments/command.ts';
import { keyValues } from '../arguments/key-values.ts';
import { poolsOf } from './pools.ts';

export const command: Command = {
  name: 'create',
  summary: 'Create a network',
  args: {
    usage: 'NETWORK',
    min: 1,
    max: 1,
    flags: [
      { name: 'attachable', type: 'boolean', summary: 'Accepted for compatibility: only a cluster has it' },
      {
        name: 'aux-address',
        type: 'strings',
        value: 'NAME=ADDRESS',
        summary: 'Address that no container gets',
      },
      { name: 'driver', short: 'd', type: 'string', value: 'DRIVER', summary: 'Driver (default bridge)' },
      { name: 'gateway', type: 'strings', value: 'ADDRESS', summary: 'Gateway of a subnet' },
      { name: 'internal', type: 'boolean', summary: 'No access to the outside' },
      {
        name: 'ip-range',
        type: 'strings',
        value: 'CIDR',
        summary: 'Range within a subnet that containers get addresses from',
      },
      { name: 'ipam-driver', type: 'string', value: 'DRIVER', summary: 'Driver that assigns addresses' },
      { name: 'ipam-opt', type: 'strings', value: 'K=V', summary: 'Option of that driver' },
      { name: 'ipv4', type: 'boolean', summary: 'IPv4 addresses (default true)' },
      { name: 'ipv6', type: 'boolean', summary: 'IPv6 addresses, too' },
      { name: 'label', type: 'strings', value: 'K=V', summary: 'Label of the network' },
      { name: 'opt', short: 'o', type: 'strings', value: 'K=V', summary: 'Option of the driver' },
      { name: 'scope', type: 'string', hidden: true, summary: 'Accepted for compatibility: local' },
      { name: 'subnet', type: 'strings', value: 'CIDR', summary: 'Subnet; one of each family at most' },
    ],
  },
  async run(args, ctx) {
    const request = networkRequest(args);
    const client = await ctx.engine();
    const { Id, Warning = '' }: { readonly Id: string; readonly Warning?: string } =
      await client.networks.create(request);
    for (const warning of Warning.split('\n').filter(Boolean)) ctx.warn(warning);
    ctx.write(`${Id}\n`);
    return 0;
  },
};

function networkRequest(args: ParsedArgs): NetworkCreateRequest {
  const pools = poolsOf({
    subnets: flag.list(args, 'subnet'),
    ranges: flag.list(args, 'ip-range'),
    gateways: flag.list(args, 'gateway'),
    auxAddresses: keyValues(flag.list(args, 'aux-address')),
  });
  const given = (name: string) => args.flags[name] !== undefined;
  return {
    Name: args.positional[0]!,
    Driver: flag.str(args, 'driver') ?? 'bridge',
    Internal: flag.bool(args, 'internal'),
    Attachable: flag.bool(args, 'attachable'),
    IPAM: {
      Driver: flag.str(args, 'ipam-driver') ?? 'default',
      Config: pools,
      Options: keyValues(flag.list(args, 'ipam-opt')),
    },
    ...(given('ipv4') ? { EnableIPv4: flag.bool(args, 'ipv4') } : {}),
    ...(given('ipv6') ? { EnableIPv6: flag.bool(args, 'ipv6') } : {}),
    ...(given('scope') ? { Scope: flag.str(args, 'scope')! } : {}),
    Options: keyValues(flag.list(args, 'opt')),
    Labels: keyValues(flag.list(args, 'label')),
  };
}
