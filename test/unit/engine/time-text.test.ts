import { describe, expect, it } from 'vitest';
import { parseExactTime, parseRfc3339, parseTimeFilter, rfc3339 } from '../../../src/engine/time-text.ts';

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

  it.each([
    ['1700000000.999999999', 1_700_000_000_999_999_999n],
    ['1700000000', 1_700_000_000_000_000_000n],
    ['2023-11-14T22:13:20.123456789Z', 1_700_000_000_123_456_789n],
    ['2023-11-14T23:13:20.5+01:00', 1_700_000_000_500_000_000n],
    ['2023-11-14', 1_699_920_000_000_000_000n],
    ['1s', 1_699_999_999_000_000_000n],
    ['0', undefined],
  ])('%s is exact', (text, expected) => {
    expect(parseExactTime(text, 1_700_000_000_000)).toBe(expected);
  });
});
