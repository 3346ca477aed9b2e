import { TcomposeError } from '../../errors.ts';
import type { EndpointRecord, NetworkRecord } from '../types.ts';
import {
  adoptAddress,
  allocateFixed,
  allocateNext,
  emptyPool,
  type PoolState,
  releaseAddress,
} from './allocator.ts';

type Family = 4 | 6;
type Addresses = Pick<EndpointRecord, 'networkId' | 'ipv4' | 'ipv6'>;

/** Records which addresses of which networks are taken. */
interface AddressBook {
  /**
   * `avoid`: addresses that are not chosen, but are given when requested. Errors: NETWORK_ADDRESS_IN_USE,
   * NETWORK_ADDRESS_INVALID, NETWORK_POOL_FULL; then nothing was taken.
   */
  allocate(
    network: NetworkRecord,
    fixed: { readonly ipv4?: string; readonly ipv6?: string },
    avoid?: readonly string[],
  ): { ipv4: string; ipv6?: string };
  /** Idempotent. */
  release(endpoint: Addresses): void;
  /** Takes the addresses of a stored record. */
  adopt(endpoint: Addresses): void;
  forget(networkId: string): void;
}

/** A book without any addresses taken. */
export function createAddressBook(): AddressBook {
  const pools = new Map<string, PoolState>();

  function poolOf(networkId: string, family: Family): PoolState {
    const key = `${networkId}/${family}`;
    const state = pools.get(key) ?? emptyPool();
    pools.set(key, state);
    return state;
  }

  function take(
    network: NetworkRecord,
    family: Family,
    fixed: string | undefined,
    avoid: readonly string[],
  ): string | undefined {
    const pool = network.pools.find((candidate) => candidate.family === family);
    const state = poolOf(network.id, family);
    if (pool && fixed) return allocateFixed(pool, state, fixed, network.name);
    if (pool) return allocateNext(pool, state, network.name, avoid);
    if (!fixed) return undefined;
    throw new TcomposeError(
      'NETWORK_ADDRESS_INVALID',
      `network ${network.name} has no IPv${family} subnet for address ${fixed}`,
    );
  }

  const each = ({ networkId, ipv4, ipv6 }: Addresses, act: (state: PoolState, text: string) => void) => {
    if (ipv4) act(poolOf(networkId, 4), ipv4);
    if (ipv6) act(poolOf(networkId, 6), ipv6);
  };

  return {
    allocate(network, fixed, avoid = []) {
      const ipv4 = take(network, 4, fixed.ipv4, avoid)!;
      try {
        const ipv6 = take(network, 6, fixed.ipv6, avoid);
        return { ipv4, ...(ipv6 ? { ipv6 } : {}) };
      } catch (error) {
        releaseAddress(poolOf(network.id, 4), ipv4);
        throw error;
      }
    },
    release: (endpoint) => each(endpoint, releaseAddress),
    adopt: (endpoint) => each(endpoint, adoptAddress),
    forget(networkId) {
      pools.delete(`${networkId}/4`);
      pools.delete(`${networkId}/6`);
    },
  };
}
