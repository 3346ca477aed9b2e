import { expect, test } from 'vitest';
import { unixTime } from '../../src/rfc3339.ts';

test('RFC 3339 keeps all nine digits', () => {
  expect(unixTime('1970-01-01T00:00:01.123456789Z')).toBe('1.123456789');
  expect(unixTime('1970-01-01T01:00:00+01:00')).toBe('0.000000000');
  expect(unixTime('yesterday')).toBeUndefined();
});
