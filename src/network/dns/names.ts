import { type Cidr, contains, parseAddress, parseCidr, toBytes } from '../ipam/address.ts';
import type { EndpointRecord, NetworkRecord } from '../types.ts';

/** One running container on one network, as needed for answers. */
interface Named {
  readonly containerId: string;
  readonly primary: string;
  readonly ipv4: Buffer | undefined;
  readonly ipv6: Buffer | undefined;
}

interface NetworkNames {
  readonly suffix: string;
  readonly subnets: readonly Cidr[];
  readonly byName: Map<string, Named[]>;
  readonly byAddress: Map<string, Named>;
  /** containerId → the names and addresses to remove with it. */
  readonly members: Map<string, { names: readonly string[]; addresses: readonly string[] }>;
}

export interface NameTable {
  addNetwork(network: NetworkRecord): void;
  removeNetwork(networkId: string): void;
  /** Names are compared in lower case; reverse lookups answer with the first. Replaces the container's previous entry. */
  add(containerId: string, endpoint: EndpointRecord): void;
  remove(containerId: string, networkId: string): void;
  /**
   * Addresses of a name for a container on the networks in `scope`: plain, or with a network's name as the last part.
   * The first network that has any address of the family counts, as in dockerd: two networks may each have a `db`.
   * Undefined: no such name.
   */
  lookup(scope: readonly string[], name: string): { ipv4: Buffer[]; ipv6: Buffer[] } | undefined;
  /** `name.network` of an address; null when the address is in one of the networks but unused. */
  reverse(scope: readonly string[], family: 4 | 6, value: bigint): string | null | undefined;
}

/** A table, empty at first. */
export function createNameTable(): NameTable {
  const networks = new Map<string, NetworkNames>();

  function find(network: NetworkNames, name: string): Named[] | undefined {
    return (
      network.byName.get(name) ??
      (name.endsWith(network.suffix) ? network.byName.get(name.slice(0, -network.suffix.length)) : undefined)
    );
  }

  function remove(containerId: string, networkId: string): void {
    const network = networks.get(networkId);
    const member = network?.members.get(containerId);
    if (!network || !member) return;
    network.members.delete(containerId);
    for (const address of member.addresses) network.byAddress.delete(address);
    for (const name of member.names) {
      const left = (network.byName.get(name) ?? []).filter((named) => named.containerId !== containerId);
      if (left.length > 0) network.byName.set(name, left);
      else network.byName.delete(name);
    }
  }

  return {
    addNetwork(network) {
      if (networks.has(network.id)) return;
      networks.set(network.id, {
        suffix: `.${network.name.toLowerCase()}`,
        subnets: network.pools.map((pool) => parseCidr(pool.subnet)!),
        byName: new Map(),
        byAddress: new Map(),
        members: new Map(),
      });
    },

    removeNetwork(networkId) {
      networks.delete(networkId);
    },

    add(containerId, endpoint) {
      remove(containerId, endpoint.networkId);
      const network = networks.get(endpoint.networkId);
      if (!network) return;
      const names = [...new Set(endpoint.aliases.map((alias) => alias.toLowerCase()))];
      const addresses = [endpoint.ipv4, endpoint.ipv6].flatMap((text) => {
        const parsed = text ? parseAddress(text) : undefined;
        return parsed ? [parsed] : [];
      });
      const bytesOf = (family: 4 | 6) => {
        const address = addresses.find((candidate) => candidate.family === family);
        return address && toBytes(family, address.value);
      };
      const named: Named = {
        containerId,
        primary: names[0] ?? containerId.slice(0, 12),
        ipv4: bytesOf(4),
        ipv6: bytesOf(6),
      };
      for (const name of names) network.byName.set(name, [...(network.byName.get(name) ?? []), named]);
      const keys = addresses.map(({ family, value }) => `${family}/${value}`);
      for (const key of keys) network.byAddress.set(key, named);
      network.members.set(containerId, { names, addresses: keys });
    },

    remove,

    lookup(scope, name) {
      let found: { ipv4: Buffer[]; ipv6: Buffer[] } | undefined;
      for (const id of scope) {
        const network = networks.get(id);
        const here = network && find(network, name);
        if (here === undefined) continue;
        found ??= { ipv4: [], ipv6: [] };
        if (found.ipv4.length === 0) found.ipv4 = here.flatMap(({ ipv4 }) => ipv4 ?? []);
        if (found.ipv6.length === 0) found.ipv6 = here.flatMap(({ ipv6 }) => ipv6 ?? []);
      }
      return found;
    },

    reverse(scope, family, value) {
      for (const id of scope) {
        const network = networks.get(id);
        const named = network?.byAddress.get(`${family}/${value}`);
        if (network && named) return named.primary + network.suffix;
      }
      const inside = scope.some((id) =>
        networks.get(id)?.subnets.some((subnet) => contains(subnet, family, value)),
      );
      return inside ? null : undefined;
    },
  };
}
