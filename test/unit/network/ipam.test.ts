import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkWarnings } from '../../../src/network/create-record.ts';
import type { AddressPool, NetworkRecord } from '../../../src/network/index.ts';
import {
  boundsOf,
  contains,
  formatAddress,
  formatCidr,
  networkOf,
  overlaps,
  parseAddress,
  parseCidr,
} from '../../../src/network/ipam/address.ts';
import {
  adoptAddress,
  allocateFixed,
  allocateNext,
  emptyPool,
  releaseAddress,
} from '../../../src/network/ipam/allocator.ts';
import { planPools } from '../../../src/network/ipam/plan-network.ts';
import { chooseSubnet4, chooseSubnet6 } from '../../../src/network/ipam/pools.ts';

const v4 = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n });
const v6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
const cidr4 = fc
  .tuple(v4, fc.integer({ min: 0, max: 32 }))
  .map(([value, prefix]) => networkOf({ family: 4, value, prefix }));

describe('addresses', () => {
  it('read back as written', () => {
    fc.assert(
      fc.property(v4, (value) => {
        expect(parseAddress(formatAddress(4, value))?.value).toBe(value);
      }),
    );
    fc.assert(
      fc.property(v6, (value) => {
        expect(parseAddress(formatAddress(6, value))?.value).toBe(value);
      }),
    );
  });
  it.each([
    ['::', '::'],
    ['::1', '::1'],
    ['FD00:0:0:1::', 'fd00:0:0:1::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ])('%s is written %s', (text, canonical) => {
    expect(formatAddress(6, parseAddress(text)!.value)).toBe(canonical);
  });
  it.each(['', '1.2.3', '1.2.3.4.5', '256.0.0.1', 'fe80::1%eth0', 'host', ':::'])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
  it('overlap exactly when they share an address', () => {
    fc.assert(
      fc.property(cidr4, cidr4, (a, b) => {
        const shared = contains(a, 4, b.value) || contains(b, 4, a.value);
        expect(overlaps(a, b)).toBe(shared);
        expect(overlaps(b, a)).toBe(shared);
      }),
    );
  });
});

describe('default pools', () => {
  it('are given out in Docker’s order, around what is taken', () => {
    const taken = ['172.17.0.0/16', '172.18.4.0/24'].map((text) => parseCidr(text)!);
    expect(formatCidr(chooseSubnet4([])!)).toBe('172.17.0.0/16');
    expect(formatCidr(chooseSubnet4(taken)!)).toBe('172.19.0.0/16');
    expect(formatCidr(chooseSubnet4([parseCidr('172.16.0.0/12')!])!)).toBe('192.168.0.0/20');
    expect(
      chooseSubnet4(['172.16.0.0/12', '192.168.0.0/16'].map((text) => parseCidr(text)!)),
    ).toBeUndefined();
  });
  it('do not mind a default route', () => {
    expect(formatCidr(chooseSubnet4([parseCidr('0.0.0.0/0')!])!)).toBe('172.17.0.0/16');
  });
  it('never overlap with what is taken, nor with each other', () => {
    fc.assert(
      fc.property(fc.array(cidr4, { maxLength: 8 }), (taken) => {
        const all = taken.filter((cidr) => cidr.prefix > 0);
        for (let count = 0; count < 40; count++) {
          const next = chooseSubnet4(all);
          if (!next) return;
          expect(all.some((cidr) => overlaps(cidr, next))).toBe(false);
          all.push(next);
        }
      }),
    );
  });
  it('have unique local prefixes of their own an instance', () => {
    const one = chooseSubnet6('1a2b3c4d', [])!;
    const next = chooseSubnet6('1a2b3c4d', [one])!;
    expect(formatCidr(one)).toMatch(/^fd1a:2b3c:4d/);
    expect(one.prefix).toBe(64);
    expect(overlaps(one, next)).toBe(false);
  });
});

const pool = (over: Partial<AddressPool> = {}): AddressPool => ({
  family: 4,
  subnet: '10.1.2.0/29',
  gateway: '10.1.2.1',
  ...over,
});

describe('allocation', () => {
  it('goes round, and gives a released address out last', () => {
    const state = emptyPool();
    expect(allocateNext(pool(), state, 'n')).toBe('10.1.2.2');
    expect(allocateNext(pool(), state, 'n')).toBe('10.1.2.3');
    releaseAddress(state, '10.1.2.2');
    expect([1, 2, 3, 4].map(() => allocateNext(pool(), state, 'n'))).toEqual([
      '10.1.2.4',
      '10.1.2.5',
      '10.1.2.6',
      '10.1.2.2',
    ]);
    expect(() => allocateNext(pool(), state, 'n')).toThrow(
      'network n has no free address left in 10.1.2.0/29',
    );
  });
  it('does not choose an address that somebody will ask for, who gets it', () => {
    const state = emptyPool();
    expect(allocateNext(pool(), state, 'n', ['10.1.2.2', '10.1.2.4', 'fd00::1'])).toBe('10.1.2.3');
    expect(allocateNext(pool(), state, 'n', ['10.1.2.2', '10.1.2.4'])).toBe('10.1.2.5');
    expect(allocateFixed(pool(), state, '10.1.2.2', 'n')).toBe('10.1.2.2');
    expect(() => [1, 2].map(() => allocateNext(pool(), state, 'n', ['10.1.2.4']))).toThrow(
      'no free address left',
    );
  });
  it('stays in ip_range and off auxiliary addresses', () => {
    const state = emptyPool();
    const own = pool({
      subnet: '10.1.2.0/24',
      ipRange: '10.1.2.128/30',
      auxAddresses: { router: '10.1.2.129' },
    });
    expect([1, 2, 3].map(() => allocateNext(own, state, 'n'))).toEqual([
      '10.1.2.128',
      '10.1.2.130',
      '10.1.2.131',
    ]);
    expect(() => allocateNext(own, state, 'n')).toThrow('10.1.2.128/30');
  });
  it('refuses fixed addresses that are taken, reserved or elsewhere', () => {
    const state = emptyPool();
    expect(allocateFixed(pool(), state, '10.1.2.4', 'n')).toBe('10.1.2.4');
    expect(() => allocateFixed(pool(), state, '10.1.2.4', 'n')).toThrow('in use');
    expect(() => allocateFixed(pool(), state, '10.1.2.1', 'n')).toThrow('in use');
    expect(() => allocateFixed(pool(), state, '10.1.3.4', 'n')).toThrow(
      'no configured subnet or ip-range contain the IP address',
    );
    expect(() => allocateFixed(pool(), state, 'x', 'n')).toThrow(
      'no configured subnet or ip-range contain the IP address',
    );
  });
  it('knows addresses of records that were read back', () => {
    const state = emptyPool();
    adoptAddress(state, '10.1.2.3');
    expect([1, 2, 3, 4].map(() => allocateNext(pool(), state, 'n'))).not.toContain('10.1.2.3');
  });
  it('never hands out what is taken, reserved or outside, and is only exhausted when full', () => {
    const steps = fc.array(fc.oneof(fc.constant('next'), fc.nat(20)), { maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 26, max: 30 }), steps, (prefix, list) => {
        const own = pool({ subnet: `10.1.2.0/${prefix}` });
        const subnet = parseCidr(own.subnet)!;
        const { first, last } = boundsOf(subnet);
        const room = Number(last - first) - 2;
        const state = emptyPool();
        const taken: string[] = [];
        for (const step of list) {
          if (step !== 'next') {
            const [gone] = taken.splice(step, 1);
            if (gone) releaseAddress(state, gone);
          } else if (taken.length === room) {
            expect(() => allocateNext(own, state, 'n')).toThrow('no free address');
          } else {
            const address = allocateNext(own, state, 'n');
            const { value } = parseAddress(address)!;
            expect(taken).not.toContain(address);
            expect([first, last, parseAddress(own.gateway)!.value]).not.toContain(value);
            expect(contains(subnet, 4, value)).toBe(true);
            taken.push(address);
          }
        }
      }),
    );
  });
});

describe('pools of a new network', () => {
  const existing = [
    { name: 'front', pools: [pool({ subnet: '10.9.0.0/16' })] },
  ] as unknown as NetworkRecord[];
  const plan = (ipam: NonNullable<Parameters<typeof planPools>[0]['ipam']>, enableIPv6 = false) =>
    planPools({ name: 'new', ipam, enableIPv6 }, '1a2b3c4d', existing, []);

  it('are chosen when none are asked for', () => {
    expect(plan([])).toEqual([{ family: 4, subnet: '172.17.0.0/16', gateway: '172.17.0.1' }]);
    expect(plan([], true).map((one) => one.family)).toEqual([4, 6]);
  });
  it('keep what was asked for', () => {
    expect(
      plan([
        {
          subnet: '10.8.3.7/16',
          ipRange: '10.8.5.0/24',
          gateway: '10.8.0.254',
          auxAddresses: { printer: '10.8.0.9' },
        },
      ]),
    ).toEqual([
      {
        family: 4,
        subnet: '10.8.0.0/16',
        gateway: '10.8.0.254',
        ipRange: '10.8.5.0/24',
        auxAddresses: { printer: '10.8.0.9' },
      },
    ]);
  });
  it('of IPv6 are left alone where IPv6 is not enabled, which is said', () => {
    const ipam = [{ subnet: 'fd00:9::/64' }, { subnet: '10.8.0.0/24' }];
    expect(plan(ipam).map((one) => one.subnet)).toEqual(['10.8.0.0/24']);
    expect(plan(ipam, true).map((one) => one.subnet)).toEqual(['10.8.0.0/24', 'fd00:9::/64']);
    expect(networkWarnings({ name: 'new', ipam })).toEqual([
      'network new: subnet fd00:9::/64 has no effect, IPv6 is not enabled',
    ]);
    expect(networkWarnings({ name: 'new', ipam, enableIPv6: true, options: { 'no.such': 'x' } })).toEqual([
      'network new: option no.such has no effect',
    ]);
  });
  it('choose a gateway beside auxiliary addresses', () => {
    expect(plan([{ subnet: '10.8.0.0/24', auxAddresses: { a: '10.8.0.1' } }])[0]!.gateway).toBe('10.8.0.2');
  });
  it('may not overlap, and the message names the other network', () => {
    expect(() => plan([{ subnet: '10.9.128.0/24' }])).toThrow(
      'invalid pool request: Pool overlaps with other one on this address space: subnet 10.9.128.0/24 of network new overlaps with 10.9.0.0/16 of network front',
    );
  });
  it.each([
    [{ subnet: 'nonsense' }, 'invalid network config:\ninvalid subnet nonsense: invalid CIDR block notation'],
    [{ subnet: '10.8.0.0/32' }, 'no room'],
    [
      { subnet: '10.8.0.0/24', gateway: '10.7.0.1' },
      "invalid gateway 10.7.0.1: parent subnet 10.8.0.0/24 doesn't contain this address",
    ],
    [
      { subnet: '10.8.0.0/24', ipRange: '10.8.0.0/16' },
      'invalid ip-range 10.8.0.0/16: CIDR block is bigger than its parent subnet 10.8.0.0/24',
    ],
    [
      { subnet: '10.8.0.0/24', ipRange: '10.7.0.0/28' },
      "invalid ip-range 10.7.0.0/28: parent subnet 10.8.0.0/24 doesn't contain ip-range",
    ],
    [
      { subnet: '10.8.0.0/24', auxAddresses: { a: '10.7.0.1' } },
      "invalid auxiliary address a: parent subnet 10.8.0.0/24 doesn't contain this address",
    ],
  ])('refuses %j', (entry, why) => {
    expect(() => plan([entry as never])).toThrow(why);
  });
});
