/** rtnetlink messages about addresses and routes (linux/if_addr.h, linux/rtnetlink.h). */

import {
  attribute,
  message,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  parseAttributes,
  u32,
} from '../../sys/netlink-message.ts';
import { type Cidr, formatAddress, fromBytes, toBytes } from '../ipam/address.ts';

const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const IFA_FLAGS = 8;
const IFA_F_NODAD = 0x02;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_TABLE = 15;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE_UNIVERSE = 0;
const RTN_UNICAST = 1;

const AF_INET = 2;
const AF_INET6 = 10;
const familyNumber = (family: 4 | 6) => (family === 4 ? AF_INET : AF_INET6);

/**
 * Adds an address to a link. An existing one is no error. IPv6 addresses skip duplicate detection: IPAM assigns them,
 * and a container must be able to use its address at once.
 */
export function addAddress(index: number, address: Cidr): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(familyNumber(address.family), 0);
  header.writeUInt8(address.prefix, 1);
  header.writeUInt32LE(index, 4);
  const bytes = toBytes(address.family, address.value);
  const attributes = [attribute(IFA_LOCAL, bytes), attribute(IFA_ADDRESS, bytes)];
  if (address.family === 4 && address.prefix < 31) {
    const hostBits = (1n << BigInt(32 - address.prefix)) - 1n;
    attributes.push(attribute(IFA_BROADCAST, toBytes(4, address.value | hostBits)));
  }
  if (address.family === 6) attributes.push(u32(IFA_FLAGS, IFA_F_NODAD));
  return message(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, header, attributes);
}

/** A default route through `gateway` on link `index`. EEXIST when there is one with the same metric. */
export function addDefaultRoute(family: 4 | 6, gateway: bigint, index: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(familyNumber(family), 0);
  header.writeUInt8(RT_TABLE_MAIN, 4);
  header.writeUInt8(RTPROT_STATIC, 5);
  header.writeUInt8(RT_SCOPE_UNIVERSE, 6);
  header.writeUInt8(RTN_UNICAST, 7);
  return message(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, header, [
    attribute(RTA_GATEWAY, toBytes(family, gateway)),
    u32(RTA_OIF, index),
  ]);
}

/** Requests the addresses of all links, of both families; parseAddresses reads the answer. */
export const dumpAddresses = (): Buffer => message(RTM_GETADDR, NLM_F_DUMP, Buffer.alloc(8), []);

/** Requests the routes of a family; parseRoutes reads the answer. */
export function dumpRoutes(family: 4 | 6): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(familyNumber(family), 0);
  return message(RTM_GETROUTE, NLM_F_DUMP, header, []);
}

interface LinkAddress extends Cidr {
  readonly index: number;
}

/** The addresses in an answer to dumpAddresses. */
export function parseAddresses(messages: readonly NetlinkMessage[]): LinkAddress[] {
  const found: LinkAddress[] = [];
  for (const { type, body } of messages) {
    if (type !== RTM_NEWADDR || body.length < 8) continue;
    const family = body[0] === AF_INET ? 4 : body[0] === AF_INET6 ? 6 : undefined;
    const attributes = parseAttributes(body.subarray(8));
    const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
    if (!family || !bytes) continue;
    found.push({ family, value: fromBytes(bytes), prefix: body[1]!, index: body.readUInt32LE(4) });
  }
  return found;
}

interface Route extends Cidr {
  readonly index: number;
  readonly gateway?: string;
}

/** Unicast routes of the main table; a default route has prefix 0. */
export function parseRoutes(messages: readonly NetlinkMessage[]): Route[] {
  const found: Route[] = [];
  for (const { type, body } of messages) {
    if (type !== RTM_NEWROUTE || body.length < 12 || body[7] !== RTN_UNICAST) continue;
    const family = body[0] === AF_INET ? 4 : body[0] === AF_INET6 ? 6 : undefined;
    const attributes = parseAttributes(body.subarray(12));
    if (!family || (attributes.get(RTA_TABLE)?.readUInt32LE(0) ?? body[4]) !== RT_TABLE_MAIN) continue;
    const gateway = attributes.get(RTA_GATEWAY);
    found.push({
      family,
      value: fromBytes(attributes.get(RTA_DST) ?? Buffer.alloc(family === 4 ? 4 : 16)),
      prefix: body[1]!,
      index: attributes.get(RTA_OIF)?.readUInt32LE(0) ?? 0,
      ...(gateway ? { gateway: formatAddress(family, fromBytes(gateway)) } : {}),
    });
  }
  return found;
}
