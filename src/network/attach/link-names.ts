/**
 * Names and indexes of an instance's links: `tc<instance>b1f3e` is a bridge, `tc<instance>v0k2x` the host's end of a
 * veth pair, whose index is part of its name, so that each can be derived from the other.
 */
const VETH_INDEX_BASE = 0x100000;
const VETH_COUNT = 36 ** 4;

/** Prefix of the names of an instance's links. */
export const linkPrefix = (instance: string): string => `tc${instance}`;

/** The name of a network's bridge, from the first hex digits of its id; from the next digits when that name is taken. */
export function bridgeName(instance: string, networkId: string, taken: ReadonlySet<string>): string {
  for (let at = 0; at + 4 <= networkId.length; at++) {
    const name = `${linkPrefix(instance)}b${networkId.slice(at, at + 4)}`;
    if (!taken.has(name)) return name;
  }
  throw new RangeError('every bridge name that the network id offers is taken');
}

/** Prefix of the names of the host's ends of an instance's veth pairs. */
export const portPrefix = (instance: string): string => `${linkPrefix(instance)}v`;

export const vethName = (instance: string, number: number): string =>
  `${portPrefix(instance)}${(number % VETH_COUNT).toString(36).padStart(4, '0')}`;

/** Interface index of the host's end, or undefined when the name is not one of our veths. */
export function vethIndex(name: string): number | undefined {
  const match = /^tc[0-9a-f]{8}v([0-9a-z]{4})$/.exec(name);
  return match ? VETH_INDEX_BASE + Number.parseInt(match[1]!, 36) : undefined;
}

/**
 * Index of the other end. It must differ: if the numbers are equal, the kernel treats the device as one that is stacked
 * on nothing.
 */
export const peerIndex = (hostIndex: number): number => hostIndex + VETH_COUNT;

/** `02:42:` and the four bytes of the IPv4 address, as in Docker: the same address has the same MAC. */
export const macOfAddress = (address: Uint8Array): string =>
  `02:42:${Buffer.from(address)
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1:')}`;
