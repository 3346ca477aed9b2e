import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAddress, isInSubnet, withoutBrackets } from '../../../../src/compose/values/ip.ts';

test('an address is what Node takes for one, zones aside', () => {
  const almost = fc.string({
    unit: fc.constantFrom('1', '25', '256', '.', ':', '::', 'f', 'fe80', 'g', '0', '1.2.3.4'),
  });
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), almost, fc.string()), (text) => {
      fc.pre(!text.includes('%'));
      expect(isAddress(text), text).toBe(isIP(text) !== 0);
    }),
    { numRuns: 5000 },
  );
  expect(isAddress('fe80::1%eth0')).toBe(false);
});

test('brackets come off a pair only', () => {
  expect(['[::1]', '::1', '[::1', '[]'].map(withoutBrackets)).toEqual(['::1', '::1', '[::1', '[]']);
});

test('an address is in a subnet where Node finds it there', () => {
  const check = (address: string, network: string, length: number, family: 'ipv4' | 'ipv6') => {
    const list = new BlockList();
    list.addSubnet(network, length, family);
    expect(isInSubnet(address, `${network}/${length}`)).toBe(list.check(address, family));
  };
  fc.assert(fc.property(fc.ipV4(), fc.ipV4(), fc.nat(32), (a, b, length) => check(a, b, length, 'ipv4')));
  fc.assert(fc.property(fc.ipV6(), fc.ipV6(), fc.nat(128), (a, b, length) => check(a, b, length, 'ipv6')));
  fc.assert(fc.property(fc.ipV4(), fc.nat(32), (a, length) => check(a, a, length, 'ipv4')));
  fc.assert(fc.property(fc.ipV6(), fc.nat(128), (a, length) => check(a, a, length, 'ipv6')));
  expect(['::1', '10.0.0.1'].map((address) => isInSubnet(address, '10.0.0.0/8'))).toEqual([false, true]);
  expect(isInSubnet('10.0.0.1', 'default')).toBe(true);
});
