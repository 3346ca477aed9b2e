import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAddress, withoutBrackets } from '../../../../src/compose/values/ip.ts';

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
