import { BlockList, isIPv6 } from 'node:net';
import type { IpamPool } from '../../engine/api/network.ts';
import { usage } from '../arguments/usage-error.ts';

interface PoolFlags {
  readonly subnets: readonly string[];
  readonly ranges: readonly string[];
  readonly gateways: readonly string[];
  /** Name → address. */
  readonly auxAddresses: Readonly<Record<string, string>>;
}

/**
 * Subnets with the range, gateway and auxiliary addresses that belong to each, combined as by `docker network create`.
 * @throws TcomposeError CLI_USAGE for one that belongs to no subnet, or two of a kind for one subnet.
 */
export function poolsOf({ subnets, ranges, gateways, auxAddresses }: PoolFlags): readonly IpamPool[] {
  const pools = subnets.map((subnet) => ({
    Subnet: subnet,
    contains: containing(subnet),
    IPRange: undefined as string | undefined,
    Gateway: undefined as string | undefined,
    aux: {} as Record<string, string>,
  }));
  const poolFor = (address: string, flagName: string) => {
    const pool = pools.find(({ contains }) => contains(address.split('/')[0]!));
    if (pool === undefined)
      throw usage(
        subnets.length === 0
          ? `every ${flagName} must have a corresponding subnet: give --subnet, too`
          : `no matching subnet for ${flagName} ${address}`,
      );
    return pool;
  };
  for (const range of ranges) {
    const pool = poolFor(range, 'ip-range');
    if (pool.IPRange !== undefined) throw usage(`cannot configure multiple ranges on subnet ${pool.Subnet}`);
    pool.IPRange = range;
  }
  for (const gateway of gateways) {
    const pool = poolFor(gateway, 'gateway');
    if (pool.Gateway !== undefined)
      throw usage(`cannot configure multiple gateways for subnet ${pool.Subnet}`);
    pool.Gateway = gateway;
  }
  for (const [name, address] of Object.entries(auxAddresses))
    poolFor(address, 'aux-address').aux[name] = address;
  return pools.map(({ Subnet, IPRange, Gateway, aux }) => ({
    Subnet,
    ...(IPRange === undefined ? {} : { IPRange }),
    ...(Gateway === undefined ? {} : { Gateway }),
    ...(Object.keys(aux).length === 0 ? {} : { AuxiliaryAddresses: aux }),
  }));
}

function containing(subnet: string): (address: string) => boolean {
  const [base = '', prefix = ''] = subnet.split('/');
  const family = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
  const list = new BlockList();
  try {
    list.addSubnet(base, Number(prefix || Number.NaN), family(base));
  } catch {
    throw usage(`--subnet takes an address and the length of its prefix (10.5.0.0/16); got "${subnet}"`);
  }
  return (address) => {
    try {
      return list.check(address, family(address));
    } catch {
      return false;
    }
  };
}
