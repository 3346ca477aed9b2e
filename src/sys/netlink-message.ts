/**
 * Netlink messages as bytes (linux/netlink.h): a 16-byte header, a family's fixed header, attributes padded to 4.
 * Numbers are in the host's byte order, which is little endian on every architecture this runs on (x64, arm64).
 */
const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_EXCL = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_APPEND = 0x800;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const HEADER_LENGTH = 16;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;

const align = (length: number) => (length + 3) & ~3;

/** One attribute: `type`, value, padding. */
export function attribute(type: number, value: Uint8Array): Buffer {
  const buffer = Buffer.alloc(align(4 + value.length));
  buffer.writeUInt16LE(4 + value.length, 0);
  buffer.writeUInt16LE(type, 2);
  buffer.set(value, 4);
  return buffer;
}

/** An attribute made of attributes. */
export const nested = (type: number, ...attributes: readonly Uint8Array[]): Buffer =>
  attribute(type | NLA_F_NESTED, Buffer.concat(attributes));

/** An attribute of one byte. */
export const u8 = (type: number, value: number): Buffer => attribute(type, Uint8Array.of(value));

/** An attribute of four bytes in host order. */
export function u32(type: number, value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value >>> 0);
  return attribute(type, buffer);
}

/** nf_tables carries its integers in network byte order. */
export function be32(type: number, value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value >>> 0);
  return attribute(type, buffer);
}

/** An attribute of eight bytes in network order. */
export function be64(type: number, value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(value);
  return attribute(type, buffer);
}

/** A NUL-terminated string. */
export const text = (type: number, value: string): Buffer => attribute(type, Buffer.from(`${value}\0`));

/** A message with its sequence number left 0: the transport numbers messages as it sends them. */
export function message(
  type: number,
  flags: number,
  familyHeader: Uint8Array,
  attributes: readonly Uint8Array[],
): Buffer {
  const body = Buffer.concat([familyHeader, ...attributes]);
  const buffer = Buffer.alloc(align(HEADER_LENGTH + body.length));
  buffer.writeUInt32LE(HEADER_LENGTH + body.length, 0);
  buffer.writeUInt16LE(type, 4);
  buffer.writeUInt16LE(flags | NLM_F_REQUEST, 6);
  buffer.set(body, HEADER_LENGTH);
  return buffer;
}

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly portId: number;
  /** Everything after the netlink header. */
  readonly body: Buffer;
}

/** Splits a datagram into messages. Reading ends at a length that exceeds the datagram: the rest is no message. */
export function parseMessages(datagram: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  let at = 0;
  while (at + HEADER_LENGTH <= datagram.length) {
    const length = datagram.readUInt32LE(at);
    if (length < HEADER_LENGTH || at + length > datagram.length) break;
    messages.push({
      type: datagram.readUInt16LE(at + 4),
      flags: datagram.readUInt16LE(at + 6),
      sequence: datagram.readUInt32LE(at + 8),
      portId: datagram.readUInt32LE(at + 12),
      body: datagram.subarray(at + HEADER_LENGTH, at + length),
    });
    at += align(length);
  }
  return messages;
}

/** Attributes by type; the last one of a repeated type counts. Reading ends at a broken length. */
export function parseAttributes(bytes: Buffer): Map<number, Buffer> {
  return new Map(listAttributes(bytes).map(({ type, value }) => [type, value]));
}

/** Attributes in order, for lists whose elements share one type. */
export function listAttributes(bytes: Buffer): { type: number; value: Buffer }[] {
  const found: { type: number; value: Buffer }[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    found.push({
      type: bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK,
      value: bytes.subarray(at + 4, at + length),
    });
    at += align(length);
  }
  return found;
}

/** A string attribute without its terminator. */
export const readText = (value: Buffer | undefined): string => {
  if (!value) return '';
  const end = value.indexOf(0);
  return value.toString('utf8', 0, end < 0 ? value.length : end);
};
