import { describe, expect, it } from 'vitest';
import { budgetOf } from '../../../../src/engine/build/cache/budget.ts';
import type { CacheEntry } from '../../../../src/engine/build/cache/cache-types.ts';
import { choosePrune } from '../../../../src/engine/build/cache/choose-prune.ts';

const entry = (id: string, used: number, more: Partial<CacheEntry> = {}): CacheEntry => ({
  id,
  kind: 'step',
  description: id,
  parents: [],
  created: 0,
  used,
  size: 10,
  uses: 0,
  inUse: false,
  ...more,
});

describe('choosePrune', () => {
  const chain = [
    entry('a', 1),
    entry('b', 2, { parents: ['a'] }),
    entry('c', 9, { parents: ['b'] }),
    entry('x', 5),
  ];

  it('takes everything that no build has, what is made upon another first', () => {
    expect(choosePrune(chain, {})).toEqual(['x', 'c', 'b', 'a']);
    expect(choosePrune([entry('a', 1, { inUse: true }), entry('b', 2)], {})).toEqual(['b']);
  });

  it('counts the use of what is made upon an entry', () => {
    expect(choosePrune(chain, { unusedSince: 6 })).toEqual(['x']);
    expect(choosePrune(chain, { unusedSince: 5 })).toEqual([]);
  });

  it('leaves what was used last, up to a size', () => {
    expect(choosePrune(chain, { reserved: 25 })).toEqual(['x', 'c']);
    expect(choosePrune(chain, { reserved: 40 })).toEqual([]);
    expect(choosePrune(chain, { mostUsed: 35 })).toEqual(['x']);
    expect(choosePrune(chain, { mostUsed: 5, reserved: 30 })).toEqual(['x']);
    expect(choosePrune(chain, { free: { wanted: 15, now: 0 } })).toEqual(['x', 'c']);
    expect(choosePrune(chain, { free: { wanted: 15, now: 20 } })).toEqual([]);
  });

  it('does not go round in circles of damaged records', () => {
    const circle = [entry('a', 1, { parents: ['b'] }), entry('b', 2, { parents: ['a'] })];
    expect([...choosePrune(circle, {})].sort()).toEqual(['a', 'b']);
  });
});

describe('budgetOf', () => {
  it('reads what daemon.json says', () => {
    expect(budgetOf('{}', 'f')).toBeUndefined();
    expect(budgetOf('{"builder":{"gc":{"enabled":false}}}', 'f')).toBe(Number.POSITIVE_INFINITY);
    expect(budgetOf('{"builder":{"gc":{"defaultKeepStorage":"1.5GB"}}}', 'f')).toBe(1_500_000_000);
    expect(() => budgetOf('{"builder":{"gc":{"defaultKeepStorage":"much"}}}', 'f')).toThrow(/is not a size/);
  });
});
