import { expect, it } from 'vitest';
import { parseGoDuration } from '../../src/go-duration.ts';

it('reads Go durations as milliseconds', () => {
  expect(parseGoDuration('1h2m3.5s')).toBe(3_723_500);
  expect(parseGoDuration('250ms')).toBe(250);
  expect(parseGoDuration('.5s')).toBe(500);
  expect(parseGoDuration('-10ms')).toBe(-10);
  expect(parseGoDuration('3\u00b5s')).toBe(parseGoDuration('3us'));
  expect(parseGoDuration('3\u03bcs')).toBe(parseGoDuration('3us'));
  expect(parseGoDuration('0')).toBe(0);
});

it('knows no other text', () => {
  for (const text of ['', '5', '90', 'h', '1d', '1h 2m', '1h30'])
    expect(parseGoDuration(text)).toBeUndefined();
});
