import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/watch/change.ts';
import { Debounce } from '../../../src/watch/debounce.ts';

const saved = (path: string): Change => ({ path, kind: 'file', settled: true });
const half = (path: string, kind: Change['kind'] = 'gone'): Change => ({ path, kind, settled: false });

/** Feeds changes at their times, taking each batch as soon as it is due; [time, number of paths] of each. */
function batches(changes: readonly (readonly [at: number, change: Change])[], debounce = new Debounce()) {
  const found: (readonly [at: number, paths: readonly string[]])[] = [];
  const runTo = (now: number) => {
    for (let due = debounce.due(); due !== undefined && due <= now; due = debounce.due())
      found.push([due, debounce.take(due).map(({ path }) => path)]);
  };
  for (const [at, change] of changes) {
    runTo(at);
    debounce.add(change, at);
  }
  runTo(Number.POSITIVE_INFINITY);
  return found;
}

describe('the debounce', () => {
  it('lets a single save go at once, also the next one of the same file', () => {
    expect(batches([[100, saved('a')]])).toEqual([[100, ['a']]]);
    expect(batches([0, 50, 100].map((at) => [at, saved('a')])).map(([at]) => at)).toEqual([0, 50, 100]);
  });

  it('makes one batch of a burst, but for its very first file at most', () => {
    const burst = Array.from({ length: 10_000 }, (_, i) => [i * 3, saved(`f${i}`)] as const);
    const found = batches(burst.slice(0, 1000));
    expect(found.length).toBeLessThanOrEqual(2);
    expect(found.flatMap(([, paths]) => paths)).toHaveLength(1000);
  });

  it('waits for the second half of a rename', () => {
    expect(
      batches([
        [0, half('a')],
        [30, saved('a')],
      ]),
    ).toEqual([[30, ['a']]]);
    expect(batches([[0, half('a')]])).toEqual([[50, ['a']]]);
    expect(batches([[0, half('a', 'file')]])).toEqual([[150, ['a']]]);
  });

  it('waits longer before what is felt', () => {
    const weight = (kind: 'heavy' | 'build') => batches([[0, saved('a')]], new Debounce(() => kind))[0]![0];
    expect([weight('heavy'), weight('build')]).toEqual([20, 50]);
  });

  it('goes all the same when changes never pause', () => {
    const endless = Array.from({ length: 2000 }, (_, i) => [i * 10, half(`f${i % 50}`)] as const);
    const found = batches(endless);
    expect(found[0]![0]).toBe(5000);
  });

  it('loses nothing, keeps the last state of each path, and puts no path into a batch twice', () => {
    const change = fc.tuple(fc.nat(60), fc.nat(8), fc.boolean());
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (steps) => {
        let now = 0;
        const changes = steps.map(([wait, path, settled]) => {
          now += wait;
          return [now, { path: `f${path}`, kind: 'file' as const, settled }] as const;
        });
        const found = batches(changes);
        for (const [, paths] of found) expect(new Set(paths).size).toBe(paths.length);
        for (const [at, { path }] of changes)
          expect(found.some(([due, paths]) => due >= at && due <= at + 5150 && paths.includes(path))).toBe(
            true,
          );
      }),
    );
  });
});
