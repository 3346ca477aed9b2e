import { expect, it } from 'vitest';
import { idsFromZero, namespaceIds } from '../../../src/runtime/machine-facts.ts';

it.each([
  ['         0       1000          1\n         1     100000      65536\n', 65_537],
  ['         1     100000      65536\n         0       1000          1\n', 65_537],
  ['0 1000 1\n', 1],
  ['0 1000 1\n5 9 10\n', 1],
  ['', 0],
])('counts the ids of %j from 0 on', (map, count) => {
  expect(idsFromZero(map)).toBe(count);
});

it('a user namespace is its root’s, with the ranges that its ids are made of', () => {
  const map =
    '         1     100000      65536\n         0       1000          1\n     65537     300000         10\n';
  expect(namespaceIds(map, '0 100 1\n')).toEqual({
    owner: { uid: 1000, gid: 100 },
    users: [1, 65_536, 10],
    groups: [1],
  });
  expect(namespaceIds('1 5 1\n', '0 100 1\n')).toBeUndefined();
});
