/**
 * Removes UDP connections from conntrack (linux/netfilter/nfnetlink_conntrack.h). The kernel remembers for minutes
 * where a client's datagrams went; a client that keeps sending would reach the previous address of a published port, or
 * nothing.
 */
import { constants } from 'node:os';
import { SystemCallError } from '../sys/libc.ts';
import {
  attribute,
  message,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_DUMP,
  nested,
  parseAttributes,
  u8,
  u32,
} from '../sys/netlink-message.ts';
import type { NetlinkTransport } from '../sys/netlink-transport.ts';

const SUBSYSTEM = 1 << 8;
const CT_GET = SUBSYSTEM | 1;
const CT_DELETE = SUBSYSTEM | 2;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_DST_PORT = 3;
const CTA_FILTER = 25;
const CTA_FILTER_ORIG_FLAGS = 1;
const CTA_FILTER_REPLY_FLAGS = 2;
const FILTER_PROTO_NUM = 1 << 3;
const FILTER_PROTO_DST_PORT = 1 << 5;
const AF_INET = 2;
const IPPROTO_UDP = 17;

/** Each dump walks the kernel's whole table: for more ports than this, dump all UDP connections once. */
const MAX_DUMPS = 4;

const nfgenmsg = () => Buffer.of(AF_INET, 0, 0, 0);

/** Dumps UDP connections, to one port or all; the kernel filters (5.8), older kernels send everything. */
export function dumpUdpTo(port?: number): Buffer {
  const portBytes = Buffer.alloc(2);
  portBytes.writeUInt16BE(port ?? 0);
  const tuple = nested(
    CTA_TUPLE_ORIG,
    nested(CTA_TUPLE_PROTO, u8(CTA_PROTO_NUM, IPPROTO_UDP), attribute(CTA_PROTO_DST_PORT, portBytes)),
  );
  const filter = nested(
    CTA_FILTER,
    u32(CTA_FILTER_ORIG_FLAGS, FILTER_PROTO_NUM | (port === undefined ? 0 : FILTER_PROTO_DST_PORT)),
    u32(CTA_FILTER_REPLY_FLAGS, 0),
  );
  return message(CT_GET, NLM_F_DUMP, nfgenmsg(), [tuple, filter]);
}

/** The original tuples, in the kernel's encoding, of the UDP connections to one of the ports. */
export function tuplesTo(messages: readonly NetlinkMessage[], ports: ReadonlySet<number>): Buffer[] {
  return messages.flatMap(({ body }) => {
    const tuple = parseAttributes(body.subarray(4)).get(CTA_TUPLE_ORIG);
    const protocol = tuple && parseAttributes(parseAttributes(tuple).get(CTA_TUPLE_PROTO) ?? Buffer.alloc(0));
    const matches =
      protocol?.get(CTA_PROTO_NUM)?.[0] === IPPROTO_UDP &&
      ports.has(protocol.get(CTA_PROTO_DST_PORT)?.readUInt16BE(0) ?? -1);
    return tuple && matches ? [tuple] : [];
  });
}

/** Makes the kernel forget UDP connections to these ports of the machine. */
export function forgetUdp(netfilter: NetlinkTransport, ports: readonly number[]): void {
  const wanted = new Set(ports);
  const dumps = wanted.size > MAX_DUMPS ? [undefined] : [...wanted];
  for (const port of dumps) {
    const found = netfilter.query(dumpUdpTo(port), 'list connections to UDP ports');
    for (const tuple of tuplesTo(found, wanted)) {
      try {
        netfilter.request(
          message(CT_DELETE, NLM_F_ACK, nfgenmsg(), [nested(CTA_TUPLE_ORIG, tuple)]),
          'forget a connection to a UDP port',
        );
      } catch (error) {
        // It expired in between.
        if (!(error instanceof SystemCallError) || error.errno !== constants.errno.ENOENT) throw error;
      }
    }
  }
}
