import { TcomposeError } from '../errors.ts';
import type { NetlinkTransport } from '../sys/netlink-transport.ts';
import type { LinkPlace } from './attach/plan-links.ts';
import { burstOf, findLink, listLinks, makeBridge, widenBridge } from './bridge.ts';
import { explained } from './explain.ts';
import { parseCidr } from './ipam/address.ts';
import { dumpRoutes, parseRoutes } from './netlink/addresses.ts';
import type { PortLead } from './nftables/firewall.ts';
import type { LinkMatch } from './nftables/foreign.ts';
import { bridgeOptions, usualMtu } from './options.ts';
import type { EndpointRecord, NetworkRecord } from './types.ts';

interface Entry {
  readonly record: NetworkRecord;
  /** Interface index of the bridge, if there is one. */
  bridgeIndex: number | undefined;
  /** It passes on packets as large as its ports do. */
  wide: boolean;
  /** When the bridge was last seen, monotonic milliseconds. */
  seen: number;
}

/** Simultaneous starts check only once: each check waits for the lock of all links, which other starts' shims hold. */
const SEEN_FOR_MS = 50;

/** The networks that the service knows, and which of them have a bridge at present. */
export interface NetworkTable {
  know(record: NetworkRecord): void;
  /** Forgets a network; returns its bridge's index, if it had one. */
  forget(networkId: string): number | undefined;
  recordOf(networkId: string): NetworkRecord;
  /** Interface index of a network's bridge. */
  indexOf(networkId: string): number;
  /** Networks with a bridge. */
  up(): NetworkRecord[];
  /** Makes the bridge if it is missing: other programs delete links too. Errors: NETWORK_POOL_OVERLAP, NETWORK_SETUP_FAILED. */
  raise(record: NetworkRecord): 'there' | 'made' | 'remade';
  /**
   * Makes a bridge that has a port by now pass on packets as large as the port does (a bridge without ports refuses
   * this). Done once for each bridge.
   */
  widen(networkId: string): void;
  /** Checks whether another link has the same subnet. Errors: NETWORK_POOL_OVERLAP. */
  checkSubnet(record: NetworkRecord): void;
  /**
   * The endpoint that provides the default route of a family and, for IPv4, to which published ports lead: the first in
   * `order` (ids of networks) that has an address of the family, else the first of all. Internal networks provide none.
   */
  gatewayOf(
    endpoints: readonly EndpointRecord[],
    order?: readonly string[],
    family?: 4 | 6,
  ): EndpointRecord | undefined;
  /** Where a container's published ports lead; undefined when all its networks are internal. */
  leadOf(endpoints: readonly EndpointRecord[], order?: readonly string[]): PortLead | undefined;
  /** The place of one of a container's endpoints; all of them are needed to decide which provides the default routes. */
  placeOf(endpoint: EndpointRecord, all: readonly EndpointRecord[], order?: readonly string[]): LinkPlace;
}

/** A table, empty at first. `now`: milliseconds, monotonic. */
export function createNetworkTable(route: NetlinkTransport, now: () => number): NetworkTable {
  const entries = new Map<string, Entry>();
  /** The setting for new links; undefined is a valid value, too. */
  let burst: { readonly bytes: number | undefined } | undefined;
  const burstNow = (): number | undefined => {
    burst ??= { bytes: burstOf(route) };
    return burst.bytes;
  };

  function entryOf(networkId: string): Entry {
    const entry = entries.get(networkId);
    if (!entry)
      throw new TcomposeError('INTERNAL', `network ${networkId} is not known to the network service`);
    return entry;
  }

  function gatewayOf(
    endpoints: readonly EndpointRecord[],
    order: readonly string[] = [],
    family: 4 | 6 = 4,
  ): EndpointRecord | undefined {
    const open = endpoints.filter(
      (endpoint) =>
        !entryOf(endpoint.networkId).record.internal &&
        (family === 4 ? endpoint.ipv4 !== '' : endpoint.ipv6 !== undefined),
    );
    for (const id of order) {
      const found = open.find(({ networkId }) => networkId === id);
      if (found !== undefined) return found;
    }
    return open[0];
  }

  function indexOf(networkId: string): number {
    const { record, bridgeIndex } = entryOf(networkId);
    if (bridgeIndex === undefined)
      throw new TcomposeError('INTERNAL', `network ${record.name} has no bridge to be attached to`);
    return bridgeIndex;
  }

  return {
    know(record) {
      if (!entries.has(record.id))
        entries.set(record.id, { record, bridgeIndex: undefined, wide: false, seen: 0 });
    },

    forget(networkId) {
      const index = entries.get(networkId)?.bridgeIndex;
      entries.delete(networkId);
      return index;
    },

    recordOf: (networkId) => entryOf(networkId).record,
    indexOf,

    up: () =>
      [...entries.values()]
        .filter(({ bridgeIndex }) => bridgeIndex !== undefined)
        .map(({ record }) => record),

    raise(record) {
      const entry = entryOf(record.id);
      const before = entry.bridgeIndex;
      if (record.driver !== 'bridge') return 'there';
      const present = now();
      if (before !== undefined && present - entry.seen < SEEN_FOR_MS) return 'there';
      if (before !== undefined && findLink(route, record.bridge)?.index === before) {
        entry.seen = present;
        return 'there';
      }
      entry.bridgeIndex = undefined;
      entry.wide = false;
      refuseTakenSubnet(route, record);
      entry.bridgeIndex = explained(`network ${record.name}`, () => makeBridge(route, record));
      return before === undefined ? 'made' : 'remade';
    },

    widen(networkId) {
      const entry = entries.get(networkId);
      const bytes = burstNow();
      if (entry?.bridgeIndex === undefined || entry.wide || bytes === undefined) return;
      entry.wide = true;
      widenBridge(route, entry.bridgeIndex, bytes);
    },

    checkSubnet: (record) => refuseTakenSubnet(route, record),

    gatewayOf,

    leadOf(endpoints, order) {
      const gateway = gatewayOf(endpoints, order);
      return gateway && { address: gateway.ipv4, address6: gatewayOf(endpoints, order, 6)?.ipv6 };
    },

    placeOf(endpoint, all, order) {
      const { record } = entryOf(endpoint.networkId);
      const { mtu, interContainer } = bridgeOptions(record.options, usualMtu(route.home));
      return {
        endpoint,
        bridgeIndex: indexOf(record.id),
        mtu,
        burst: burstNow(),
        pools: record.pools,
        isolated: !interContainer,
        gateways: ([4, 6] as const).filter(
          (family) => gatewayOf(all, order, family)?.networkId === endpoint.networkId,
        ),
      };
    },
  };
}

/**
 * Two links with the same subnet silently make one of them unreachable. A subnet that was free when the network was
 * planned may have been taken since by another engine or a VPN. Errors: NETWORK_POOL_OVERLAP.
 */
function refuseTakenSubnet(route: NetlinkTransport, record: NetworkRecord): void {
  const routes = ([4, 6] as const).flatMap((family) =>
    parseRoutes(route.query(dumpRoutes(family), 'list routes')),
  );
  for (const pool of record.pools) {
    const subnet = parseCidr(pool.subnet)!;
    const same = routes.filter(
      ({ family, value, prefix }) =>
        family === subnet.family && value === subnet.value && prefix === subnet.prefix,
    );
    if (same.length === 0) continue;
    const links = listLinks(route);
    for (const { index } of same) {
      const other = links.find((link) => link.index === index);
      if (!other || other.name === record.bridge) continue;
      throw new TcomposeError(
        'NETWORK_POOL_OVERLAP',
        `link ${other.name} has the subnet ${pool.subnet} of network ${record.name}, too`,
        {
          hint: `Remove network ${record.name} and create it again (a project: tcompose down, then up), or take ${other.name} down.`,
        },
      );
    }
  }
}

/** Links whose traffic other firewalls must let pass: the instance's prefix, and bridges with other names. */
export function linkMatches(prefix: string, records: readonly NetworkRecord[]): LinkMatch[] {
  const own = records.some(({ bridge }) => bridge.startsWith(prefix));
  return [
    ...(own ? [{ name: prefix, prefix: true }] : []),
    ...records
      .filter(({ bridge }) => !bridge.startsWith(prefix))
      .map(({ bridge }) => ({ name: bridge, prefix: false })),
  ];
}
