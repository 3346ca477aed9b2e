import { TcomposeError } from '../../errors.ts';
import type { AddressPool } from '../types.ts';
import { bitsOf, boundsOf, contains, formatAddress, parseAddress, parseCidr } from './address.ts';

/** State of one pool: which addresses are taken, and where the search for the next one starts. */
export interface PoolState {
  readonly taken: Set<bigint>;
  last: bigint | undefined;
}

/** A pool without any addresses taken. */
export const emptyPool = (): PoolState => ({ taken: new Set(), last: undefined });

/** Addresses that no container may get: the network's and (IPv4) broadcast address, the gateway, the auxiliary ones. */
function reservedOf(pool: AddressPool): Set<bigint> {
  const subnet = parseCidr(pool.subnet)!;
  const { first, last } = boundsOf(subnet);
  const reserved = new Set<bigint>();
  if (subnet.prefix < bitsOf(subnet.family) - 1) {
    reserved.add(first);
    if (subnet.family === 4) reserved.add(last);
  }
  for (const text of [pool.gateway, ...Object.values(pool.auxAddresses ?? {})]) {
    const address = parseAddress(text);
    if (address) reserved.add(address.value);
  }
  return reserved;
}

/**
 * The next free address after the one given last, wrapping around: a released address is not given again at once, so
 * that neighbours' caches can forget it. Addresses in `avoid` are never chosen. Errors: NETWORK_POOL_FULL.
 */
export function allocateNext(
  pool: AddressPool,
  state: PoolState,
  networkName: string,
  avoid: readonly string[] = [],
): string {
  const range = parseCidr(pool.ipRange ?? pool.subnet)!;
  const { first, last } = boundsOf(range);
  const reserved = reservedOf(pool);
  for (const text of avoid) {
    const address = parseAddress(text);
    if (address?.family === pool.family) reserved.add(address.value);
  }
  const size = last - first + 1n;
  const start =
    state.last === undefined || state.last < first || state.last >= last ? first : state.last + 1n;
  // Among n + 1 candidates at most n can be taken or reserved.
  const candidates = BigInt(state.taken.size + reserved.size + 1);
  for (let step = 0n; step < (size < candidates ? size : candidates); step++) {
    const value = first + ((start - first + step) % size);
    if (state.taken.has(value) || reserved.has(value)) continue;
    state.taken.add(value);
    state.last = value;
    return formatAddress(pool.family, value);
  }
  throw new TcomposeError(
    'NETWORK_POOL_FULL',
    `network ${networkName} has no free address left in ${pool.ipRange ?? pool.subnet}`,
    { hint: 'Remove containers from it, or give the network a larger subnet.' },
  );
}

/** Takes a particular address. Errors: NETWORK_ADDRESS_INVALID, NETWORK_ADDRESS_IN_USE. */
export function allocateFixed(
  pool: AddressPool,
  state: PoolState,
  text: string,
  networkName: string,
): string {
  const address = parseAddress(text);
  const subnet = parseCidr(pool.subnet)!;
  if (!address || !contains(subnet, address.family, address.value)) {
    throw new TcomposeError(
      'NETWORK_ADDRESS_INVALID',
      `no configured subnet or ip-range contain the IP address ${text}: network ${networkName} has ${pool.subnet}`,
    );
  }
  if (state.taken.has(address.value) || reservedOf(pool).has(address.value)) {
    throw new TcomposeError(
      'NETWORK_ADDRESS_IN_USE',
      `Address already in use: ${text} on network ${networkName}`,
      { hint: 'Choose another address, or remove the container that has it.' },
    );
  }
  state.taken.add(address.value);
  return formatAddress(address.family, address.value);
}

/** Releases an address; one that was not taken is not an error. */
export function releaseAddress(state: PoolState, text: string): void {
  const address = parseAddress(text);
  if (address) state.taken.delete(address.value);
}

/** Marks an address as taken unconditionally: for records read after a restart. */
export function adoptAddress(state: PoolState, text: string): void {
  const address = parseAddress(text);
  if (!address) return;
  state.taken.add(address.value);
  if (state.last === undefined || address.value > state.last) state.last = address.value;
}
