import { expect, test } from 'vitest';
import { binarySize, humanSize, parseSize } from '../../../../src/cli/arguments/sizes.ts';

test('sizes of images are decimal, of memory binary', () => {
  expect([0, 999, 77_800_000].map((bytes) => humanSize(bytes))).toEqual(['0B', '999B', '77.8MB']);
  expect([0, 1023, 1_572_864].map(binarySize)).toEqual(['0B', '1023B', '1.5MiB']);
});

test('sizes are read in powers of 1024, with and without unit', () => {
  expect(['512', '1.5k', '64KiB', '1gb'].map((text) => parseSize(text, '--memory'))).toEqual([
    512,
    1536,
    65_536,
    1024 ** 3,
  ]);
  expect(() => parseSize('much', '--memory')).toThrow('--memory takes a size; got "much"');
});
