import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareYamlKeys, sortedKeys } from '../../../../src/compose/codec/key-order.ts';

const record = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 0]));

test('YAML keys sort as in Go: numbers by value, letters after signs, capitals first', () => {
  const keys = ['web10', 'web2', 'web', 'Web', 'a_b', 'aB', 'a-1', 'a.b', '10', '9', '_x', 'web02', 'web2a'];
  expect(sortedKeys(record(keys), 'yaml')).toEqual([
    '_x',
    '9',
    '10',
    'Web',
    'a-1',
    'a.b',
    'a_b',
    'aB',
    'web',
    'web2',
    'web2a',
    'web02',
    'web10',
  ]);
});

test('JSON keys sort by bytes', () => {
  expect(sortedKeys(record(['web10', 'web2', 'é', 'z', 'Z', '😀', '\uffee']), 'json')).toEqual([
    'Z',
    'web10',
    'web2',
    'z',
    'é',
    '\uffee',
    '😀',
  ]);
});

test('the order of YAML keys tells different keys apart, the same way from both sides', () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'B', '0', '1', '9', '_', '.', 'é') });
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(compareYamlKeys(a, b)) + Math.sign(compareYamlKeys(b, a))).toBe(0);
      expect(compareYamlKeys(a, b) === 0).toBe(a === b);
    }),
  );
});
