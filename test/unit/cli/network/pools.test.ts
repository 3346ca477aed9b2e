import { expect, test } from 'vitest';
import { poolsOf } from '../../../../src/cli/network/pools.ts';

const none = { subnets: [], ranges: [], gateways: [], auxAddresses: {} };

test('ranges, gateways and auxiliary addresses go to the subnet they lie in', () => {
  expect(
    poolsOf({
      subnets: ['10.5.0.0/16', 'fd00:5::/64'],
      ranges: ['10.5.3.0/24'],
      gateways: ['fd00:5::9', '10.5.0.9'],
      auxAddresses: { router: '10.5.0.7' },
    }),
  ).toEqual([
    {
      Subnet: '10.5.0.0/16',
      IPRange: '10.5.3.0/24',
      Gateway: '10.5.0.9',
      AuxiliaryAddresses: { router: '10.5.0.7' },
    },
    { Subnet: 'fd00:5::/64', Gateway: 'fd00:5::9' },
  ]);
  expect(poolsOf(none)).toEqual([]);
});

test.each([
  [{ ...none, gateways: ['10.5.0.1'] }, 'every gateway must have a corresponding subnet'],
  [{ ...none, subnets: ['10.5.0.0/16'], gateways: ['10.6.0.1'] }, 'no matching subnet for gateway 10.6.0.1'],
  [
    { ...none, subnets: ['10.5.0.0/16'], gateways: ['10.5.0.1', '10.5.0.2'] },
    'cannot configure multiple gateways',
  ],
  [{ ...none, subnets: ['10.5.0.0'] }, '--subnet takes an address and the length of its prefix'],
  [{ ...none, subnets: ['ten/8'] }, '--subnet takes an address'],
])('%j is refused', (flags, message) => expect(() => poolsOf(flags)).toThrow(message));
