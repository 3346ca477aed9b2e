import fc from 'fast-check';
import { expect, it } from 'vitest';
import { swapLines, swapped, swappedOwner } from '../../src/id-swap.ts';

const ranges = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 6 });
const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
/** Ranges, and an id of theirs. */
const cases = ranges.chain((sizes) =>
  fc.record({ sizes: fc.constant(sizes), other: fc.integer({ min: 0, max: sum(sizes) - 1 }) }),
);

it('an id and 0 change places, all others stay, and twice is not at all', () => {
  expect([0, 1, 1000, 1001].map((id) => swapped(id, 1000))).toEqual([1000, 1, 0, 1001]);
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (id, other) => {
      expect(swapped(swapped(id, other), other)).toBe(id);
    }),
  );
  expect(swappedOwner({ uid: 0, gid: 7 }, { uid: 1000, gid: 7 })).toEqual({ uid: 1000, gid: 0 });
  expect(swappedOwner({ uid: 0, gid: 7 }, undefined)).toEqual({ uid: 0, gid: 7 });
});

it('the lines have every id once, on both sides, as it is swapped', () => {
  fc.assert(
    fc.property(cases, ({ sizes, other }) => {
      const lines = swapLines(other, sizes);
      let next = 0;
      for (const { inside, outside, count } of lines) {
        expect(inside).toBe(next);
        expect(count).toBeGreaterThan(0);
        for (const id of [inside, inside + count - 1])
          expect(outside + (id - inside)).toBe(swapped(id, other));
        next += count;
      }
      expect(next).toBe(sum(sizes));
      expect(lines.length).toBeLessThanOrEqual(sizes.length + 3);
    }),
  );
});

it('no line lies in two ranges, which the kernel refuses', () => {
  fc.assert(
    fc.property(cases, ({ sizes, other }) => {
      const starts = sizes.map((_, at) => sum(sizes.slice(0, at)));
      const rangeOf = (id: number): number => starts.filter((start) => start <= id).length;
      for (const { outside, count } of swapLines(other, sizes))
        expect(rangeOf(outside)).toBe(rangeOf(outside + count - 1));
    }),
  );
  expect(swapLines(0, [1, 65_536])).toEqual([
    { inside: 0, outside: 0, count: 1 },
    { inside: 1, outside: 1, count: 65_536 },
  ]);
});
