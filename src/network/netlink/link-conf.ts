/**
 * The machine's side of a container's network must accept nothing from containers except packets. Every setting by
 * which one of them could give the machine an address, a route or another way to send is set before the link goes up,
 * whatever `default` says. Numbers are from linux/ip.h, names are below /proc/sys/net.
 */
import { message, NLM_F_ACK, nested, u32 } from '../../sys/netlink-message.ts';

const RTM_NEWLINK = 16;
const IFLA_AF_SPEC = 26;
const IFLA_INET_CONF = 1;
const AF_INET = 2;

/** Settings of net.ipv4.conf by their number in rtnetlink. */
const CONF4 = {
  forwarding: 1,
  proxy_arp: 3,
  accept_redirects: 4,
  send_redirects: 6,
  rp_filter: 8,
  accept_source_route: 9,
  bootp_relay: 10,
  arp_announce: 18,
  arp_ignore: 19,
  arp_accept: 21,
  accept_local: 23,
  proxy_arp_pvlan: 25,
  route_localnet: 26,
  drop_unicast_in_l2_multicast: 30,
} as const;

type Conf4 = { readonly [key in keyof typeof CONF4]?: number };

const refused4 = {
  proxy_arp: 0,
  proxy_arp_pvlan: 0,
  accept_redirects: 0,
  send_redirects: 0,
  accept_source_route: 0,
  accept_local: 0,
  arp_accept: 0,
  bootp_relay: 0,
  drop_unicast_in_l2_multicast: 1,
} as const;

/** net.ipv4.conf of a bridge. */
export const bridgeConf4: Conf4 = {
  ...refused4,
  // With forwarding on, a refusal by the link counts even if `all` allows; with it off, it is enough that either allows.
  forwarding: 1,
  // Published ports are reached from 127.0.0.1: these packets leave only through this bridge.
  route_localnet: 1,
  // Packets from an address outside this network come from a container with a forged source.
  rp_filter: 1,
  // The machine's other addresses must not be visible here.
  arp_ignore: 1,
  arp_announce: 2,
};

/**
 * net.ipv4.conf of a port of a bridge. The kernel delivers frames for some multicast addresses (IEEE 802.1D, 7.12.6) to
 * the port itself, bypassing the bridge: nothing on the machine may be reached that way.
 */
export const portConf4: Conf4 = { ...refused4, route_localnet: 0, rp_filter: 1, arp_ignore: 8 };

/** net.ipv6.conf of a bridge whose network has IPv6; keys that the kernel lacks are skipped. */
export const bridgeConf6: Readonly<Record<string, string>> = {
  accept_ra: '0',
  autoconf: '0',
  use_tempaddr: '0',
  router_solicitations: '0',
  accept_redirects: '0',
  // Below 0: no type, not even the one that mobile IPv6 uses.
  accept_source_route: '-1',
  proxy_ndp: '0',
  accept_untracked_na: '0',
  seg6_enabled: '0',
  rpl_seg_enabled: '0',
  ioam6_enabled: '0',
  // The engine has chosen the address and knows that it is free; a container could block it by claiming it.
  accept_dad: '0',
  disable_ipv6: '0',
};

/** net.ipv6.conf of links without IPv6: ports, and bridges of networks without it. */
export const noConf6: Readonly<Record<string, string>> = { accept_ra: '0', autoconf: '0', disable_ipv6: '1' };

/** The attribute with IPv4 settings for an RTM_NEWLINK of an existing link. */
export const conf4Attribute = (conf: Conf4): Buffer =>
  nested(
    IFLA_AF_SPEC,
    nested(
      AF_INET,
      nested(
        IFLA_INET_CONF,
        ...Object.entries(conf).map(([key, value]) => u32(CONF4[key as keyof Conf4], value)),
      ),
    ),
  );

/** Sets IPv4 settings of a link. */
export function setConf4(index: number, conf: Conf4): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  return message(RTM_NEWLINK, NLM_F_ACK, header, [conf4Attribute(conf)]);
}
