import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { writeTree } from '../../../../src/compose/codec/collections.ts';
import { writeYaml } from '../../../../src/compose/config/write-yaml.ts';
import type { Tree } from '../../../../src/compose/tree.ts';

const yaml = (node: Tree): string => writeYaml(writeTree(node, 'yaml'));

/** Strings and how Go's encoder writes them. */
const scalars: readonly (readonly [text: string, written: string])[] = [
  ['plain', 'plain'],
  ['two words', 'two words'],
  ['-p', '-p'],
  ['http://a:80/?b=c#d', 'http://a:80/?b=c#d'],
  ['c 1:3 mr', 'c 1:3 mr'],
  ['', '""'],
  ['3000', '"3000"'],
  ['-1', '"-1"'],
  ['0x1F', '"0x1F"'],
  ['0o17', '"0o17"'],
  ['0b11', '"0b11"'],
  ['017', '"017"'],
  ['1_000', '"1_000"'],
  ['1.5', '"1.5"'],
  ['1e3', '"1e3"'],
  ['.inf', '".inf"'],
  ['true', '"true"'],
  ['No', '"No"'],
  ['y', '"y"'],
  ['off', '"off"'],
  ['null', '"null"'],
  ['~', '"~"'],
  ['<<', '"<<"'],
  ['2001-12-14', '"2001-12-14"'],
  ['2001-12-14T21:59:43.10Z', '"2001-12-14T21:59:43.10Z"'],
  ['12:30', '"12:30"'],
  ['22:22:22', '"22:22:22"'],
  ['8000:8000', '8000:8000'],
  ['127.0.0.1', '127.0.0.1'],
  ['02:42:ac:11:65:43', '02:42:ac:11:65:43'],
  ['*.js', "'*.js'"],
  ['@a', "'@a'"],
  ['a: b', "'a: b'"],
  ['a #b', "'a #b'"],
  ["it's: x", "'it''s: x'"],
  [' lead', "' lead'"],
  ['trail ', "'trail '"],
  ['- a', "'- a'"],
  ['? a', "'? a'"],
  ['{a}', "'{a}'"],
  ['%a', "'%a'"],
  ['---', "'---'"],
  ['a:', "'a:'"],
  ['"q"', `'"q"'`],
  ['tab\there', '"tab\\there"'],
  ['bell\u0007', '"bell\\a"'],
  ['back\\slash', 'back\\slash'],
  ['ünï', 'ünï'],
  ['😀', '"\\U0001F600"'],
  ['cr\r', '"cr\\r"'],
];

test.each(scalars)('%j', (text, written) => {
  expect(yaml({ key: text })).toBe(`key: ${written}\n`);
  expect(yaml([text])).toBe(`- ${written}\n`);
});

describe('several lines', () => {
  test.each([
    ['a\nb\n', '|\n  a\n  b'],
    ['a\nb', '|-\n  a\n  b'],
    ['a\n\n', '|+\n  a\n'],
    ['a\n\nb\n', '|\n  a\n\n  b'],
    [' a\nb\n', '|2\n   a\n  b'],
    ['\ta\nb\n', '|\n  \ta\n  b'],
    ['a \nb\n', '"a \\nb\\n"'],
    ['a\u0007\nb', '"a\\a\\nb"'],
  ])('%j', (text, written) => {
    expect(yaml({ key: text })).toBe(`key: ${written}\n`);
  });

  test('a key of several lines is in double quotes', () => {
    expect(yaml({ 'a\nb': 1 })).toBe('"a\\nb": 1\n');
  });

  test('inside a list the block is indented past the dash', () => {
    expect(yaml({ command: ['sh', 'a\nb\n'] })).toBe('command:\n  - sh\n  - |\n    a\n    b\n');
  });
});

test('collections', () => {
  expect(yaml({ b: [], a: {}, c: [[1, 2], { x: [3] }], d: null })).toBe(
    'a: {}\nb: []\nc:\n  - - 1\n    - 2\n  - x:\n      - 3\nd: null\n',
  );
});

test('a key too long for a line has one of its own', () => {
  const key = 'k'.repeat(129);
  expect(yaml({ [key]: 'v' })).toBe(`? ${key}\n: v\n`);
});

test('whatever is written reads back', () => {
  const tree = fc.letrec<{ node: Tree }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.string({
        unit: fc.constantFrom('a', ' ', '\n', ':', '#', '-', '"', "'", '\\', '\t', '1', '😀', 'é', '{'),
      }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('node')),
      fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        tie('node'),
      ) as fc.Arbitrary<Tree>,
    ),
  })).node;
  fc.assert(
    fc.property(tree, (node) => {
      expect(parse(yaml({ root: node }), { maxAliasCount: 0 })).toEqual({ root: node });
    }),
    { numRuns: 500 },
  );
});
