import { describe, expect, it } from 'vitest';
import {
  humanDuration,
  parseGoDuration,
  parseRfc3339,
  parseTimeFilter,
  rfc3339,
} from '../../../src/engine/time-text.ts';

describe('times', () => {
  it('are written with nanoseconds and read back', () => {
    const text = rfc3339({ ms: 1_700_000_000_123, nanos: 4000 });
    expect(text).toBe('2023-11-14T22:13:20.123004000Z');
    expect(parseRfc3339(text)).toBe(1_700_000_000_123);
  });

  it('are read from filters: seconds, durations back, RFC 3339 with and without zone', () => {
    const now = Date.UTC(2026, 0, 2);
    expect(parseTimeFilter('1700000000.5', now)).toBe(1_700_000_000_500);
    expect(parseTimeFilter('1h30m', now)).toBe(now - 5_400_000);
    expect(parseTimeFilter('2026-01-01', now)).toBe(now - 86_400_000);
    expect(parseTimeFilter('2026-01-01T00:00', now)).toBe(now - 86_400_000);
    expect(parseTimeFilter('2026-01-01T01:00:00+01:00', now)).toBe(now - 86_400_000);
    expect(parseTimeFilter('', now)).toBeUndefined();
    expect(() => parseTimeFilter('yesterday', now)).toThrow('invalid time');
  });

  it('know Go durations', () => {
    expect(parseGoDuration('1h2m3.5s')).toBe(3_723_500);
    expect(parseGoDuration('-10ms')).toBe(-10);
    expect(parseGoDuration('5')).toBeUndefined();
  });

  it('are told in Docker’s words', () => {
    expect(
      [0, 1000, 59_000, 61_000, 120_000, 3_600_000, 7_200_000, 3 * 86_400_000].map(humanDuration),
    ).toEqual([
      'Less than a second',
      '1 second',
      '59 seconds',
      'About a minute',
      '2 minutes',
      'About an hour',
      '2 hours',
      '3 days',
    ]);
  });
});
