import { expect, it } from 'vitest';
import { humanDuration } from '../../src/human-duration.ts';

it('tells a duration in Docker’s words', () => {
  const hour = 3_600_000;
  const told = [
    0,
    200,
    1000,
    59_000,
    61_000,
    120_000,
    hour,
    1.5 * hour,
    25 * hour,
    72 * hour,
    24 * 15 * hour,
  ];
  expect(told.map(humanDuration)).toEqual([
    'Less than a second',
    'Less than a second',
    '1 second',
    '59 seconds',
    'About a minute',
    '2 minutes',
    'About an hour',
    '2 hours',
    '25 hours',
    '3 days',
    '2 weeks',
  ]);
});
