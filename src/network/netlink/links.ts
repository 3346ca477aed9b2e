/** rtnetlink messages about links (linux/rtnetlink.h, linux/if_link.h). Each function returns one complete request. */
import {
  attribute,
  HEADER_LENGTH,
  message,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  nested,
  parseAttributes,
  readText,
  text,
  u8,
  u32,
} from '../../sys/netlink-message.ts';
import { conf4Attribute, portConf4 } from './link-conf.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const IFF_UP = 0x1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_NET_NS_FD = 28;
const IFLA_GSO_MAX_SIZE = 41;
const IFLA_GRO_MAX_SIZE = 58;
const IFLA_TSO_MAX_SIZE = 59;
const IFLA_GSO_IPV4_MAX_SIZE = 63;
const IFLA_GRO_IPV4_MAX_SIZE = 64;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_INFO_SLAVE_KIND = 4;
const IFLA_INFO_SLAVE_DATA = 5;
const VETH_INFO_PEER = 1;
const IFLA_BRPORT_MODE = 4;
const IFLA_BRPORT_ISOLATED = 33;

function ifinfomsg(index: number, flags: number, change: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(change, 12);
  return header;
}

/** `02:42:ac:11:00:02` as six bytes. */
const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

/** Makes a bridge, not yet up. EEXIST when a link has its name. */
export const createBridge = (link: { name: string; mac: string; mtu: number }): Buffer =>
  message(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, ifinfomsg(0, 0, 0), [
    text(IFLA_IFNAME, link.name),
    u32(IFLA_MTU, link.mtu),
    attribute(IFLA_ADDRESS, macBytes(link.mac)),
    nested(IFLA_LINKINFO, text(IFLA_INFO_KIND, 'bridge')),
  ]);

interface VethSpec {
  /** The near end: name, index and the bridge that it is attached to. */
  readonly name: string;
  readonly index: number;
  readonly masterIndex: number;
  /** The end that is created inside the other network namespace, under its final name and index. */
  readonly peer: { readonly name: string; readonly index: number; readonly mac: string };
  readonly mtu: number;
  /** Size in bytes of the largest packet that both ends pass on unsplit; undefined: the kernel's default. */
  readonly burst: number | undefined;
}

/**
 * How many bytes of a stream travel as one packet before it is cut to the MTU: gso_max_size and gro_max_size of
 * ip-link(8), for IPv6 and IPv4. Only kernels that have the ones for IPv4 (Linux 6.3) validate them in the message that
 * makes a link.
 */
const bursts = (bytes: number): Buffer[] =>
  [IFLA_GSO_MAX_SIZE, IFLA_GRO_MAX_SIZE, IFLA_GSO_IPV4_MAX_SIZE, IFLA_GRO_IPV4_MAX_SIZE].map((type) =>
    u32(type, bytes),
  );

/** Sets them on an existing link. EINVAL if the kernel or the link does not support it. */
export const setBurst = (index: number, bytes: number): Buffer =>
  message(RTM_NEWLINK, NLM_F_ACK, ifinfomsg(index, 0, 0), bursts(bytes));

/**
 * A veth pair whose peer is created in another namespace. The near end comes up at once; the peer can't (veth refuses
 * to open an end without a peer). `netnsFdAt` is where the message needs a descriptor of that namespace (u32).
 */
export function createVeth(spec: VethSpec): { message: Buffer; netnsFdAt: number } {
  const burst = spec.burst === undefined ? [] : bursts(spec.burst);
  const peer = Buffer.concat([
    ifinfomsg(spec.peer.index, 0, 0),
    u32(IFLA_NET_NS_FD, 0),
    text(IFLA_IFNAME, spec.peer.name),
    u32(IFLA_MTU, spec.mtu),
    attribute(IFLA_ADDRESS, macBytes(spec.peer.mac)),
    ...burst,
  ]);
  const kind = text(IFLA_INFO_KIND, 'veth');
  const before = [
    text(IFLA_IFNAME, spec.name),
    u32(IFLA_MTU, spec.mtu),
    u32(IFLA_MASTER, spec.masterIndex),
    ...burst,
  ];
  const info = nested(IFLA_LINKINFO, kind, nested(IFLA_INFO_DATA, nested(VETH_INFO_PEER, peer)));
  const family = ifinfomsg(spec.index, IFF_UP, IFF_UP);
  const beforeLength = before.reduce((sum, part) => sum + part.length, 0);
  // Three attribute headers (LINKINFO, INFO_DATA, INFO_PEER), the peer's ifinfomsg, the NET_NS_FD header.
  const netnsFdAt = HEADER_LENGTH + family.length + beforeLength + 4 + kind.length + 4 + 4 + 16 + 4;
  return {
    message: message(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, family, [...before, info]),
    netnsFdAt,
  };
}

const portSettings = conf4Attribute(portConf4);

/**
 * Bridge port flags: with hairpin, frames may leave by the port they came from; isolated ports can't reach each other.
 * Also sets what the port must not learn (portConf4).
 */
export const setBridgePort = (index: number, port: { hairpin: boolean; isolated: boolean }): Buffer =>
  message(RTM_NEWLINK, NLM_F_ACK, ifinfomsg(index, 0, 0), [
    nested(
      IFLA_LINKINFO,
      text(IFLA_INFO_SLAVE_KIND, 'bridge'),
      nested(
        IFLA_INFO_SLAVE_DATA,
        u8(IFLA_BRPORT_MODE, port.hairpin ? 1 : 0),
        u8(IFLA_BRPORT_ISOLATED, port.isolated ? 1 : 0),
      ),
    ),
    portSettings,
  ]);

/** Brings a link up. */
export const setLinkUp = (index: number): Buffer =>
  message(RTM_NEWLINK, NLM_F_ACK, ifinfomsg(index, IFF_UP, IFF_UP), []);

/** Makes a link a port of a bridge. */
export const setMaster = (index: number, masterIndex: number): Buffer =>
  message(RTM_NEWLINK, NLM_F_ACK, ifinfomsg(index, 0, 0), [u32(IFLA_MASTER, masterIndex)]);

/** Deletes a link. The kernel takes 15 to 50 ms for a bridge. */
export const deleteLink = (index: number): Buffer =>
  message(RTM_DELLINK, NLM_F_ACK, ifinfomsg(index, 0, 0), []);

/** Requests all links; parseLinks reads the answer. */
export const dumpLinks = (): Buffer => message(RTM_GETLINK, NLM_F_DUMP, ifinfomsg(0, 0, 0), []);

/** One link by name; ENODEV when there is none. */
export const getLink = (name: string): Buffer =>
  message(RTM_GETLINK, NLM_F_ACK, ifinfomsg(0, 0, 0), [text(IFLA_IFNAME, name)]);

export interface Link {
  readonly index: number;
  readonly name: string;
  /** `bridge`, `veth`, `` for physical ones. */
  readonly kind: string;
  readonly masterIndex: number;
  readonly up: boolean;
  readonly mtu: number;
  readonly mac: string;
  /** Size in bytes of the largest IPv4 packet it passes on unsplit; 0: the kernel has no such limit. */
  readonly burst: number;
  /** Maximum for that setting; 0: before Linux 5.19. */
  readonly largestBurst: number;
}

/** Reads the RTM_NEWLINK messages of a dump. */
export function parseLinks(messages: readonly NetlinkMessage[]): Link[] {
  return messages
    .filter((message) => message.type === RTM_NEWLINK && message.body.length >= 16)
    .map(({ body }) => {
      const attributes = parseAttributes(body.subarray(16));
      const info = parseAttributes(attributes.get(IFLA_LINKINFO) ?? Buffer.alloc(0));
      return {
        index: body.readInt32LE(4),
        name: readText(attributes.get(IFLA_IFNAME)),
        kind: readText(info.get(IFLA_INFO_KIND)),
        masterIndex: attributes.get(IFLA_MASTER)?.readUInt32LE(0) ?? 0,
        up: (body.readUInt32LE(8) & IFF_UP) !== 0,
        mtu: attributes.get(IFLA_MTU)?.readUInt32LE(0) ?? 0,
        burst: attributes.get(IFLA_GSO_IPV4_MAX_SIZE)?.readUInt32LE(0) ?? 0,
        largestBurst: attributes.get(IFLA_TSO_MAX_SIZE)?.readUInt32LE(0) ?? 0,
        mac: (attributes.get(IFLA_ADDRESS) ?? Buffer.alloc(0)).toString('hex').replace(/(..)(?=.)/g, '$1:'),
      };
    });
}
