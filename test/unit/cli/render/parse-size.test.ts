import { describe, expect, it } from 'vitest';
import { parseSize } from '../../../../src/cli/arguments/sizes.ts';
import { lastLines } from '../../../../src/cli/engine/logs.ts';

describe('lastLines', () => {
  it.each([
    ['a\nb\nc\n', 2, 'b\nc\n'],
    ['a\nb\nc', 2, 'b\nc'],
    ['a\n', 5, 'a\n'],
    ['a\n', 0, ''],
    ['a\nb\n', undefined, 'a\nb\n'],
    ['', 3, ''],
  ])('%j %j', (text, count, expected) => {
    expect(lastLines(text, count)).toBe(expected);
  });
});

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['64m', 67108864],
    ['1.5g', 1610612736],
    ['2KiB', 2048],
    ['3MB', 3145728],
    ['10b', 10],
  ])('%s', (text, bytes) => {
    expect(parseSize(text, '--memory')).toBe(bytes);
  });

  it.each(['', '-1', 'm', '1x', '1 2'])('refuses %j', (text) => {
    expect(() => parseSize(text, '--memory')).toThrow(/--memory takes a size/);
  });
});
