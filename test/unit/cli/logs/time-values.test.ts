import { expect, test } from 'vitest';
import { timeValue } from '../../../../src/cli/logs/time-values.ts';

test('--since takes ages, times and unix seconds', () => {
  expect(timeValue('10s', 100_000, '--since')).toBe('90.000000000');
  expect(timeValue('1700000000.5', 0, '--since')).toBe('1700000000.5');
  expect(timeValue(undefined, 0, '--since')).toBeUndefined();
  expect(() => timeValue('soon', 0, '--since')).toThrow(
    'invalid value for "since": failed to parse value as time or duration: "soon"',
  );
});
