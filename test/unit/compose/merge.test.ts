import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeTrees } from '../../../src/compose/merge/merge.ts';
import { enforceUnicity } from '../../../src/compose/merge/unicity.ts';
import { noPositions } from '../../../src/compose/positions.ts';
import type { TreeMap } from '../../../src/compose/tree.ts';

const merge = (...trees: TreeMap[]): TreeMap =>
  trees
    .map((tree) => structuredClone(tree))
    .reduce((base, next) => enforceUnicity(mergeTrees(base, next, noPositions)));

it('merges address pools of one subnet, and drops those that the override does not name', () => {
  const pools = (...config: TreeMap[]): TreeMap => ({ networks: { n: { ipam: { config } } } });
  const base = pools({ subnet: '10.0.0.0/24' }, { subnet: '10.1.0.0/24', gateway: '10.1.0.1' });
  const override = pools({ subnet: '10.2.0.0/24' }, { subnet: '10.1.0.0/24', ip_range: '10.1.0.0/25' });
  expect(merge(base, override)).toEqual(
    pools({ subnet: '10.2.0.0/24' }, { subnet: '10.1.0.0/24', gateway: '10.1.0.1', ip_range: '10.1.0.0/25' }),
  );
});

const pair = fc
  .tuple(fc.constantFrom('A', 'B', 'C'), fc.constantFrom('1', '2'))
  .map(([key, value]) => `${key}=${value}`);
const keyed = fc.array(pair, { maxLength: 4 });
const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 });
const service = fc.record(
  {
    image: fc.constantFrom('x', 'y'),
    command: words,
    environment: keyed,
    labels: fc.oneof(keyed, fc.dictionary(fc.constantFrom('A', 'B'), fc.constantFrom('1', null))),
    cap_add: words,
    security_opt: words,
    ports: fc.array(fc.constantFrom('80:80', '81:80', '443'), { maxLength: 3 }),
    networks: fc.oneof(
      words,
      fc.dictionary(fc.constantFrom('a', 'b'), fc.record({ priority: fc.integer({ min: 0, max: 3 }) })),
    ),
    ulimits: fc.dictionary(
      fc.constantFrom('n', 'm'),
      fc.oneof(fc.integer(), fc.record({ soft: fc.integer(), hard: fc.integer() })),
    ),
    deploy: fc.record({ replicas: fc.integer(), labels: keyed }, { requiredKeys: [] }),
    restart: fc.constantFrom('no', 'always', null),
  },
  { requiredKeys: [] },
);
const project = fc.record({
  services: fc.dictionary(fc.constantFrom('s', 't'), service, { maxKeys: 2 }),
}) as fc.Arbitrary<TreeMap>;

/** Forms that mean the same: a list of KEY=VALUE or a mapping, a list of names or a mapping. */
function unified(tree: TreeMap): unknown {
  return JSON.parse(JSON.stringify(tree), (key, value: unknown) => {
    if ((key === 'labels' || key === 'environment') && value !== null && typeof value === 'object') {
      const items = Array.isArray(value)
        ? value.map((item: string) => item.split('=') as [string, string?])
        : Object.entries(value as object);
      return Object.fromEntries(items.map(([name, text]) => [name, text ?? null]));
    }
    if (key === 'networks' && Array.isArray(value))
      return Object.fromEntries(value.map((name) => [name, null]));
    return value;
  });
}

describe('merging files', () => {
  it('does not depend on how three files are grouped', () => {
    fc.assert(
      fc.property(project, project, project, (one, two, three) => {
        expect(unified(merge(merge(one, two), three))).toEqual(unified(merge(one, merge(two, three))));
      }),
      { numRuns: 500 },
    );
  });

  it('changes nothing when an empty file is merged, before or after', () => {
    fc.assert(
      fc.property(project, (tree) => {
        const itself = enforceUnicity(structuredClone(tree));
        expect(merge(tree, {})).toEqual(itself);
        expect(merge({}, tree)).toEqual(itself);
      }),
    );
  });

  it('is the same file once unique items are unique', () => {
    fc.assert(
      fc.property(project, (tree) => {
        const once = enforceUnicity(structuredClone(tree));
        expect(enforceUnicity(structuredClone(once))).toEqual(once);
      }),
    );
  });

  it('takes keys that are names of object methods for what they are', () => {
    expect(
      merge({ services: { constructor: { image: 'a' } } }, { services: { toString: { image: 'b' } } }),
    ).toEqual({
      services: { constructor: { image: 'a' }, toString: { image: 'b' } },
    });
  });

  it.each([
    ['volumes', { v: { labels: { A: '1' } } }, { v: { labels: ['B=2'] } }, { v: { labels: ['A=1', 'B=2'] } }],
    ['networks', { n: null }, { n: { internal: true } }, { n: { internal: true } }],
    [
      'models',
      { m: { runtime_flags: ['a'] } },
      { m: { runtime_flags: ['b'] } },
      { m: { runtime_flags: ['b'] } },
    ],
    ['x-any', [1, { a: 1 }], [2], [1, { a: 1 }, 2]],
  ])('merges top-level %s', (section, base, override, expected) => {
    expect(merge({ [section]: base } as TreeMap, { [section]: override } as TreeMap)).toEqual({
      [section]: expected,
    });
  });
});
