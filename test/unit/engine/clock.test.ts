import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createClock, type Instant, systemClock } from '../../../src/engine/clock.ts';
import { rfc3339 } from '../../../src/engine/time-text.ts';

const milliseconds = ({ ms, nanos }: Instant): number => ms + nanos / 1e6;

it('never goes back', () => {
  let last = '';
  for (let n = 0; n < 1000; n++) {
    const now = rfc3339(systemClock.now());
    expect(now >= last).toBe(true);
    last = now;
  }
});

it('never goes back when the process sleeps between two looks at a clock', () => {
  // Each look at either clock takes one of these many milliseconds.
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 30 }), (pauses) => {
      let real = 1_000_000;
      let index = 0;
      const pass = (): number => {
        real += pauses[index++ % pauses.length]!;
        return real;
      };
      const clock = createClock(
        () => Math.floor(pass()),
        () => pass() - 400_000,
      );
      let last = 0;
      for (let n = 0; n < 20; n++) {
        const now = milliseconds(clock.now());
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
    }),
  );
});

it('follows a wall clock that is set', () => {
  let wall = 1_000_000;
  let monotonic = 500;
  const clock = createClock(
    () => wall,
    () => monotonic,
  );
  expect(clock.now().ms).toBe(1_000_000);
  monotonic += 10;
  wall += 10;
  expect(clock.now().ms).toBe(1_000_010);
  wall = 3_000_000;
  expect(clock.now().ms).toBe(3_000_000);
  wall = 2_000_000;
  monotonic += 5;
  expect(clock.now().ms).toBe(2_000_000);
});
