import { type Cidr, overlaps, parseCidr } from './address.ts';

const v4 = (text: string) => parseCidr(text)!;

/** Docker's default pools: 172.17.0.0/16 to 172.31.0.0/16 as a whole, then 192.168.0.0/16 in blocks of /20. */
const defaultPools: readonly { readonly base: Cidr; readonly size: number }[] = [
  ...Array.from({ length: 15 }, (_, index) => ({ base: v4(`172.${17 + index}.0.0/16`), size: 16 })),
  { base: v4('192.168.0.0/16'), size: 20 },
];

/** The first default subnet that overlaps nothing in `occupied`; undefined when all are taken. */
export function chooseSubnet4(occupied: readonly Cidr[]): Cidr | undefined {
  return firstFree(defaultPools, 32, occupied);
}

/** A /64 of the instance's own unique local prefix fd + 40 bits from its id (RFC 4193). */
export function chooseSubnet6(instance: string, occupied: readonly Cidr[]): Cidr | undefined {
  const id = BigInt(`0x${instance.padEnd(10, '7').slice(0, 10)}`);
  const base: Cidr = { family: 6, value: (0xfdn << 120n) | (id << 80n), prefix: 48 };
  return firstFree([{ base, size: 64 }], 128, occupied);
}

function firstFree(
  pools: readonly { readonly base: Cidr; readonly size: number }[],
  bits: number,
  occupied: readonly Cidr[],
): Cidr | undefined {
  // A default route overlaps everything and has no significance.
  const taken = occupied.filter((cidr) => cidr.prefix > 0);
  for (const { base, size } of pools) {
    const step = 1n << BigInt(bits - size);
    const count = 1n << BigInt(size - base.prefix);
    for (let index = 0n; index < count; index++) {
      const candidate: Cidr = { ...base, value: base.value + index * step, prefix: size };
      if (!taken.some((cidr) => overlaps(candidate, cidr))) return candidate;
    }
  }
  return undefined;
}

/** What a subnet overlaps among others, or undefined. */
export function findOverlap<T>(
  subnet: Cidr,
  others: readonly { readonly owner: T; readonly subnet: string }[],
): { owner: T; subnet: string } | undefined {
  return others.find((other) => {
    const cidr = parseCidr(other.subnet);
    return cidr !== undefined && overlaps(subnet, cidr);
  });
}
