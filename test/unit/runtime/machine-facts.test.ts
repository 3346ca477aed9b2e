import { expect, it } from 'vitest';
import { idsFromZero } from '../../../src/runtime/machine-facts.ts';

it.each([
  ['         0       1000          1\n         1     100000      65536\n', 65_537],
  ['         1     100000      65536\n         0       1000          1\n', 65_537],
  ['0 1000 1\n', 1],
  ['0 1000 1\n5 9 10\n', 1],
  ['', 0],
])('counts the ids of %j from 0 on', (map, count) => {
  expect(idsFromZero(map)).toBe(count);
});
