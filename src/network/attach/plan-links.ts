import type { HoldSocketOp, NetworkOp } from '../../runtime/launch/launch-plan.ts';
import { DNS_ADDRESS } from '../dns/resolv-conf.ts';
import { parseAddress, parseCidr } from '../ipam/address.ts';
import { addAddress, addDefaultRoute } from '../netlink/addresses.ts';
import { noConf6 } from '../netlink/link-conf.ts';
import { createVeth, setBridgePort, setLinkUp } from '../netlink/links.ts';
import { leadDnsTo } from '../nftables/dns-redirect.ts';
import { batch } from '../nftables/messages.ts';
import type { AddressPool, EndpointRecord } from '../types.ts';
import { peerIndex, vethIndex } from './link-names.ts';

const NETLINK_ROUTE = 0;
const NETLINK_NETFILTER = 12;
const LOOPBACK_INDEX = 1;
export const DNS_PORT = 53;
/** Below the ephemeral range, so that no client socket ever gets it. */
const DNS_PORT_ASIDE = 11053;
/** Queries wait in the backlog while no engine runs. */
const DNS_BACKLOG = 64;

/** A container's place on a bridge, with what the kernel needs to know about the bridge. */
export interface LinkPlace {
  readonly endpoint: EndpointRecord;
  readonly bridgeIndex: number;
  readonly mtu: number;
  /** Bytes of a stream that travel as one packet; undefined: the kernel's default. */
  readonly burst: number | undefined;
  readonly pools: readonly AddressPool[];
  /** Containers of the network may not reach each other (enable_icc false). */
  readonly isolated: boolean;
  /** Families whose default route uses this link. */
  readonly gateways: readonly (4 | 6)[];
}

/**
 * lo, interfaces, addresses, the default routes, and the sockets of the name server. With `ownDns` the container runs a
 * name server itself, which needs port 53 of every address: then ours uses another port, to which traffic for
 * 127.0.0.11:53 is redirected. `congestion` is the congestion control, if it is to differ from the machine's.
 */
export function planLinks(
  places: readonly LinkPlace[],
  {
    ownDns = false,
    congestion,
  }: { readonly ownDns?: boolean; readonly congestion?: string | undefined } = {},
): NetworkOp[] {
  return [
    fromContainer(setLinkUp(LOOPBACK_INDEX), 'bring up lo'),
    ...(congestion === undefined ? [] : [controlCongestion(congestion)]),
    ...places.flatMap(planPlace),
    ...(places.length > 0 ? planDns(ownDns) : []),
  ];
}

const controlCongestion = (name: string): NetworkOp => ({
  op: 'write',
  path: '/proc/sys/net/ipv4/tcp_congestion_control',
  data: name,
  optional: true,
});

function planDns(aside: boolean): NetworkOp[] {
  const port = aside ? DNS_PORT_ASIDE : DNS_PORT;
  const sockets = [dnsSocket('udp', port), dnsSocket('tcp', port)];
  if (!aside) return sockets;
  return [
    ...sockets,
    {
      op: 'netlink',
      protocol: NETLINK_NETFILTER,
      from: 'container',
      message: Buffer.concat(batch(leadDnsTo(port))),
      what: 'lead DNS to its server',
    },
  ];
}

const fromContainer = (message: Uint8Array, what: string): NetworkOp => ({
  op: 'netlink',
  protocol: NETLINK_ROUTE,
  from: 'container',
  message,
  what,
});

const dnsSocket = (protocol: 'udp' | 'tcp', port: number): HoldSocketOp => ({
  op: 'hold-socket',
  name: `dns-${protocol}`,
  family: 4,
  protocol,
  address: DNS_ADDRESS,
  port,
  backlog: protocol === 'tcp' ? DNS_BACKLOG : 0,
});

/** The message that makes the veth pair of a place, and the one that configures its bridge port. */
export function vethMessages(place: LinkPlace): {
  /** Of the container's end. */
  index: number;
  create: Buffer;
  netnsFdAt: number;
  port: Buffer;
} {
  const { endpoint, mtu, burst } = place;
  const index = vethIndex(endpoint.hostLink)!;
  const veth = createVeth({
    name: endpoint.hostLink,
    index,
    masterIndex: place.bridgeIndex,
    peer: { name: endpoint.interfaceName, index: peerIndex(index), mac: endpoint.mac },
    mtu,
    burst,
  });
  return {
    index: peerIndex(index),
    create: veth.message,
    netnsFdAt: veth.netnsFdAt,
    port: setBridgePort(index, { hairpin: true, isolated: place.isolated }),
  };
}

/** One interface: the pair, its addresses, and the default routes through it. */
export function planPlace(place: LinkPlace): NetworkOp[] {
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
  for (const [key, value] of Object.entries(noConf6))
    ops.push({
      op: 'write-host',
      path: `/proc/sys/net/ipv6/conf/${endpoint.hostLink}/${key}`,
      data: value,
    });
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
    if (place.gateways.includes(family)) ops.push(...planRoute(endpoint, pools, family));
  }
  return ops;
}

/** The default route of a family through an existing interface. */
export function planRoute(
  endpoint: EndpointRecord,
  pools: readonly AddressPool[],
  family: 4 | 6,
): NetworkOp[] {
  const pool = pools.find((candidate) => candidate.family === family);
  const link = vethIndex(endpoint.hostLink);
  if (!pool || link === undefined) return [];
  const gateway = parseAddress(pool.gateway)!;
  return [fromContainer(addDefaultRoute(family, gateway.value, peerIndex(link)), `route by ${pool.gateway}`)];
}
