/** rtnetlink messages about rules that select a routing table (linux/fib_rules.h). Pure. */
import {
  attribute,
  message,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  u8,
  u32,
} from '../../sys/netlink-message.ts';
import { parseAddress, toBytes } from '../ipam/address.ts';

const RTM_NEWROUTE = 24;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const FRA_SRC = 2;
const FRA_PRIORITY = 6;
const FRA_TABLE = 15;
const FRA_IP_PROTO = 22;
const FRA_SPORT_RANGE = 23;
const FR_ACT_TO_TBL = 1;
const RTA_OIF = 4;
const RTA_TABLE = 15;
const RTPROT_STATIC = 4;
const RT_SCOPE_HOST = 254;
const RTN_LOCAL = 2;
const families = { 4: 2, 6: 10 } as const; // AF_INET, AF_INET6
/** Index of `lo` in every network namespace. */
const LOOPBACK = 1;

/** The table in which every address belongs to this namespace. */
const TABLE = 0x7c1;
/** Before the main table's rule, after the one for local addresses. */
const PRIORITY = 100;

const protocols = { tcp: 6, udp: 17 } as const;

/** The only route of a family in the table. */
export function addLocalRoute(family: 4 | 6): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(families[family], 0);
  header.writeUInt8(RTPROT_STATIC, 5);
  header.writeUInt8(RT_SCOPE_HOST, 6);
  header.writeUInt8(RTN_LOCAL, 7);
  const attributes = [u32(RTA_OIF, LOOPBACK), u32(RTA_TABLE, TABLE)];
  return message(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, header, attributes);
}

/** A port of a container whose answers stay in this namespace. */
export interface AnsweringPort {
  /** The container's address, of either family. */
  readonly address: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

/** Starts or ends looking up what a container's port sends in the table. EEXIST or ENOENT when that is so already. */
export function answerRule(what: 'add' | 'delete', { address, protocol, port }: AnsweringPort): Buffer {
  const { family, value } = parseAddress(address)!;
  const source = toBytes(family, value);
  const header = Buffer.alloc(12);
  header.writeUInt8(families[family], 0);
  header.writeUInt8(8 * source.length, 2);
  header.writeUInt8(FR_ACT_TO_TBL, 7);
  const range = Buffer.alloc(4);
  range.writeUInt16LE(port, 0);
  range.writeUInt16LE(port, 2);
  const attributes = [
    attribute(FRA_SRC, source),
    u32(FRA_PRIORITY, PRIORITY),
    u32(FRA_TABLE, TABLE),
    u8(FRA_IP_PROTO, protocols[protocol]),
    attribute(FRA_SPORT_RANGE, range),
  ];
  const [type, flags] = what === 'add' ? [RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL] : [RTM_DELRULE, 0];
  return message(type, NLM_F_ACK | flags, header, attributes);
}
