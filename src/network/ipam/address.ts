import { isIPv4, isIPv6 } from 'node:net';

/** An address and a prefix length. For a subnet the host bits are 0; for a link's address they are not. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly value: bigint;
  readonly prefix: number;
}

/** Bits of an address of the family. */
export const bitsOf = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** Parses an IPv4 or IPv6 address (zone-less); undefined when it is neither. */
export function parseAddress(text: string): { family: 4 | 6; value: bigint } | undefined {
  if (isIPv4(text)) {
    return { family: 4, value: BigInt(text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)) };
  }
  if (!isIPv6(text) || text.includes('%')) return undefined;
  return { family: 6, value: parseGroups(text) };
}

function parseGroups(text: string): bigint {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const plain = dotted
    ? `${dotted[1]}${(Number(dotted[2]) * 256 + Number(dotted[3])).toString(16)}:${(Number(dotted[4]) * 256 + Number(dotted[5])).toString(16)}`
    : text;
  const [head = '', tail] = plain.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}

/** Canonical text: dotted quad, or RFC 5952 (lower case, longest run of zero groups of at least two shortened). */
export function formatAddress(family: 4 | 6, value: bigint): string {
  if (family === 4) {
    const number = Number(value);
    return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
  }
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn);
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0n) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

/** Network byte order, 4 or 16 bytes. */
export function toBytes(family: 4 | 6, value: bigint): Buffer {
  if (family === 4) {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(Number(value), 0);
    return bytes;
  }
  return Buffer.from(value.toString(16).padStart(bitsOf(family) / 4, '0'), 'hex');
}

/** An address in network byte order as a number. */
export const fromBytes = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** Parses `address/prefix`, keeping host bits; undefined when malformed. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match && parseAddress(match[1]!);
  const prefix = Number(match?.[2]);
  if (!address || prefix > bitsOf(address.family)) return undefined;
  return { ...address, prefix };
}

/** `172.18.0.0/16`. */
export const formatCidr = (cidr: Cidr): string => `${formatAddress(cidr.family, cidr.value)}/${cidr.prefix}`;

const hostMask = (cidr: Cidr) => (1n << BigInt(bitsOf(cidr.family) - cidr.prefix)) - 1n;

/** The subnet of an address with a prefix. */
export const networkOf = (cidr: Cidr): Cidr => ({ ...cidr, value: cidr.value & ~hostMask(cidr) });

/** First and last address of a subnet. */
export function boundsOf(cidr: Cidr): { first: bigint; last: bigint } {
  const first = cidr.value & ~hostMask(cidr);
  return { first, last: first | hostMask(cidr) };
}

/** Whether two networks have an address in common. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  if (a.family !== b.family) return false;
  const one = boundsOf(a);
  const other = boundsOf(b);
  return one.first <= other.last && other.first <= one.last;
}

/** Whether an address is in a network. */
export function contains(subnet: Cidr, family: 4 | 6, value: bigint): boolean {
  const { first, last } = boundsOf(subnet);
  return subnet.family === family && first <= value && value <= last;
}
