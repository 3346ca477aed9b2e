import { TcomposeError } from '../../errors.ts';
import type { NetworkSpec } from '../service-types.ts';
import type { AddressPool, NetworkRecord } from '../types.ts';
import {
  bitsOf,
  boundsOf,
  type Cidr,
  contains,
  formatAddress,
  formatCidr,
  networkOf,
  parseAddress,
  parseCidr,
} from './address.ts';
import { chooseSubnet4, chooseSubnet6, findOverlap } from './pools.ts';

type IpamSpec = NonNullable<NetworkSpec['ipam']>[number];

/**
 * Address pools for a new network: the requested ones, after validation; else a default IPv4 pool (and, with
 * enableIPv6, a unique local /64) that overlaps neither another network nor `hostRoutes`. Errors: NETWORK_POOL_OVERLAP,
 * NETWORK_POOLS_EXHAUSTED, NETWORK_ADDRESS_INVALID.
 */
export function planPools(
  spec: NetworkSpec,
  instance: string,
  existing: readonly NetworkRecord[],
  hostRoutes: readonly Cidr[],
): AddressPool[] {
  const others = existing.flatMap((network) =>
    network.pools.map((pool) => ({ owner: network.name, subnet: pool.subnet })),
  );
  const pools: AddressPool[] = [];
  for (const entry of spec.ipam ?? []) {
    if (!entry.subnet || (!spec.enableIPv6 && isIPv6Pool(entry))) continue;
    const pool = explicitPool(entry);
    const subnet = parseCidr(pool.subnet)!;
    const own = pools.map((other) => ({ owner: spec.name, subnet: other.subnet }));
    const overlap = findOverlap(subnet, [...others, ...own]);
    if (overlap) {
      throw new TcomposeError(
        'NETWORK_POOL_OVERLAP',
        `invalid pool request: Pool overlaps with other one on this address space: subnet ${pool.subnet} of network ${spec.name} overlaps with ${overlap.subnet} of network ${overlap.owner}`,
        { hint: `Choose another subnet, or remove network ${overlap.owner}.` },
      );
    }
    pools.push(pool);
  }
  const occupied = [...others.map(({ subnet }) => parseCidr(subnet)!), ...hostRoutes];
  const partial = (spec.ipam ?? []).find((entry) => !entry.subnet);
  if (!pools.some((pool) => pool.family === 4)) {
    pools.unshift(defaultPool(spec.name, partial, chooseSubnet4(occupied)));
  }
  if (spec.enableIPv6 && !pools.some((pool) => pool.family === 6)) {
    pools.push(defaultPool(spec.name, undefined, chooseSubnet6(instance, occupied)));
  }
  // Addresses come from the first IPv4 pool.
  return [...pools.filter((pool) => pool.family === 4), ...pools.filter((pool) => pool.family === 6)];
}

function defaultPool(network: string, entry: IpamSpec | undefined, subnet: Cidr | undefined): AddressPool {
  if (!subnet) {
    throw new TcomposeError(
      'NETWORK_POOLS_EXHAUSTED',
      `no default address pool is free for network ${network}: all overlap with other networks or the machine's routes`,
      { hint: 'Remove networks that are not used, or give this one a subnet of its own (ipam).' },
    );
  }
  return explicitPool({ ...entry, subnet: formatCidr(subnet) });
}

function explicitPool(entry: IpamSpec): AddressPool {
  const parsed = parseCidr(entry.subnet!);
  if (!parsed) throw invalid(`invalid subnet ${entry.subnet}: invalid CIDR block notation`);
  const subnet = networkOf(parsed);
  const { first, last } = boundsOf(subnet);
  if (last - first < 1n) throw invalid(`subnet ${entry.subnet} has no room for a container`);
  const inside = (text: string, what: string) => {
    const address = parseAddress(text.split('/')[0]!);
    if (!address || !contains(subnet, address.family, address.value)) {
      const why = address
        ? `parent subnet ${formatCidr(subnet)} doesn't contain this address`
        : 'invalid address';
      throw invalid(`invalid ${what}: ${why}`);
    }
    return formatAddress(address.family, address.value);
  };
  const range = entry.ipRange ? parseCidr(entry.ipRange) : undefined;
  const rangeFault = entry.ipRange && faultOfRange(range, subnet);
  if (rangeFault) throw invalid(`invalid ip-range ${entry.ipRange}: ${rangeFault}`);
  const aux = Object.entries(entry.auxAddresses ?? {}).map(
    ([name, text]) => [name, inside(text, `auxiliary address ${name}`)] as const,
  );
  const auxValues = new Set(aux.map(([, text]) => text));
  const hasNetworkAddress = subnet.prefix < bitsOf(subnet.family) - 1;
  let gateway = entry.gateway ? inside(entry.gateway, `gateway ${entry.gateway}`) : undefined;
  // Without a gateway, the first address that is not an auxiliary one.
  for (let value = hasNetworkAddress ? first + 1n : first; !gateway && value <= last; value++) {
    const text = formatAddress(subnet.family, value);
    if (!auxValues.has(text)) gateway = text;
  }
  return {
    family: subnet.family,
    subnet: formatCidr(subnet),
    gateway: gateway ?? formatAddress(subnet.family, first),
    ...(range ? { ipRange: formatCidr(networkOf(range)) } : {}),
    ...(aux.length > 0 ? { auxAddresses: Object.fromEntries(aux) } : {}),
  };
}

/** dockerd ignores such a pool if the network has no IPv6. */
export const isIPv6Pool = (entry: IpamSpec): boolean => parseCidr(entry.subnet ?? '')?.family === 6;

/** dockerd's first line for what is wrong with a network's addresses; who creates the network names it. */
const invalid = (why: string) =>
  new TcomposeError('NETWORK_ADDRESS_INVALID', `invalid network config:\n${why}`);

/** What is wrong with the part of a subnet that addresses come from; undefined: nothing. */
function faultOfRange(range: Cidr | undefined, subnet: Cidr): string | undefined {
  if (range === undefined) return 'invalid CIDR block notation';
  if (range.prefix < subnet.prefix)
    return `CIDR block is bigger than its parent subnet ${formatCidr(subnet)}`;
  return contains(subnet, range.family, range.value)
    ? undefined
    : `parent subnet ${formatCidr(subnet)} doesn't contain ip-range`;
}
