import type { HoldSocketOp, NetworkOp } from '../../runtime/launch-plan.ts';
import { DNS_ADDRESS } from '../dns/resolv-conf.ts';
import { parseAddress, parseCidr } from '../ipam/address.ts';
import { addAddress, addDefaultRoute } from '../netlink/addresses.ts';
import { createVeth, setBridgePort, setLinkUp } from '../netlink/links.ts';
import type { AddressPool, EndpointRecord } from '../types.ts';
import { peerIndex, vethIndex } from './link-names.ts';

const NETLINK_ROUTE = 0;
const LOOPBACK_INDEX = 1;
/** Queries wait in the backlog while no engine runs. */
const DNS_BACKLOG = 64;

/** A container's place on a bridge, with what the kernel needs to know about that bridge. */
export interface LinkPlace {
  readonly endpoint: EndpointRecord;
  readonly bridgeIndex: number;
  readonly mtu: number;
  readonly pools: readonly AddressPool[];
  /** Containers of the network must not talk to each other (enable_icc false). */
  readonly isolated: boolean;
  readonly gateway: boolean;
}

/** lo, interfaces, addresses, the default route of the gateway's network, and the sockets of the name server. */
export function planLinks(places: readonly LinkPlace[]): NetworkOp[] {
  return [
    fromContainer(setLinkUp(LOOPBACK_INDEX), 'bring up lo'),
    ...places.flatMap(planPlace),
    ...(places.length > 0 ? [dnsSocket('udp'), dnsSocket('tcp')] : []),
  ];
}

const fromContainer = (message: Uint8Array, what: string): NetworkOp => ({
  op: 'netlink',
  protocol: NETLINK_ROUTE,
  from: 'container',
  message,
  what,
});

export const dnsSocket = (protocol: 'udp' | 'tcp'): HoldSocketOp => ({
  op: 'hold-socket',
  name: `dns-${protocol}`,
  family: 4,
  protocol,
  address: DNS_ADDRESS,
  port: 53,
  backlog: protocol === 'tcp' ? DNS_BACKLOG : 0,
});

/** The message that makes the veth pair of a place, and the one that sets its port on the bridge. */
export function vethMessages(place: LinkPlace): {
  /** Of the container's end. */
  index: number;
  create: Buffer;
  netnsFdAt: number;
  port: Buffer;
} {
  const { endpoint, mtu } = place;
  const index = vethIndex(endpoint.hostLink)!;
  const veth = createVeth({
    name: endpoint.hostLink,
    index,
    masterIndex: place.bridgeIndex,
    peer: { name: endpoint.interfaceName, index: peerIndex(index), mac: endpoint.mac },
    mtu,
  });
  return {
    index: peerIndex(index),
    create: veth.message,
    netnsFdAt: veth.netnsFdAt,
    port: setBridgePort(index, { hairpin: true, isolated: place.isolated }),
  };
}

function planPlace(place: LinkPlace): NetworkOp[] {
  const { endpoint, pools } = place;
  const name = endpoint.interfaceName;
  const { index, create, netnsFdAt, port } = vethMessages(place);
  const ops: NetworkOp[] = [
    {
      op: 'netlink',
      protocol: NETLINK_ROUTE,
      from: 'host',
      message: create,
      netnsFdAt,
      what: `create ${endpoint.hostLink} (${name})`,
    },
    {
      op: 'netlink',
      protocol: NETLINK_ROUTE,
      from: 'host',
      message: port,
      what: `put ${endpoint.hostLink} on its bridge`,
    },
  ];
  if (!endpoint.ipv6) {
    ops.push({
      op: 'write',
      path: `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`,
      data: '1',
      optional: true,
    });
  }
  ops.push(fromContainer(setLinkUp(index), `bring up ${name}`));
  for (const [family, text] of [
    [4, endpoint.ipv4],
    [6, endpoint.ipv6],
  ] as const) {
    const pool = pools.find((candidate) => candidate.family === family);
    const address = text ? parseAddress(text) : undefined;
    if (!pool || !address) continue;
    const prefix = parseCidr(pool.subnet)!.prefix;
    ops.push(fromContainer(addAddress(index, { ...address, prefix }), `give ${name} address ${text}`));
    if (place.gateway) {
      const gateway = parseAddress(pool.gateway)!;
      ops.push(fromContainer(addDefaultRoute(family, gateway.value, index), `route by ${pool.gateway}`));
    }
  }
  return ops;
}
