import { expect, it } from 'vitest';
import { systemClock } from '../../../src/engine/clock.ts';
import { rfc3339 } from '../../../src/engine/time-text.ts';

it('never goes back', () => {
  let last = '';
  for (let n = 0; n < 1000; n++) {
    const now = rfc3339(systemClock.now());
    expect(now >= last).toBe(true);
    last = now;
  }
});
