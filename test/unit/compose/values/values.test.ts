import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBytes } from '../../../../src/compose/values/bytes.ts';
import { formatDuration, parseDuration } from '../../../../src/compose/values/duration.ts';
import { formatFileMode, parseFileMode } from '../../../../src/compose/values/file-mode.ts';
import { formatGoFloat, formatGoFloat32 } from '../../../../src/compose/values/go-float.ts';
import { splitShellWords } from '../../../../src/compose/values/shell-words.ts';

describe('durations', () => {
  test.each([
    ['0', 0, '0s'],
    ['1w2d3h4m5s6ms7us8ns', 788_645_006_007_008, '219h4m5.006007008s'],
    ['1.5h', 5400e9, '1h30m0s'],
    ['.5s', 0.5e9, '500ms'],
    ['+2m', 120e9, '2m0s'],
    ['-1m', -60e9, '-1m0s'],
    ['15µs', 15_000, '15µs'],
    ['1500ns', 1500, '1.5µs'],
    ['90s', 90e9, '1m30s'],
    ['1us', 1000, '1µs'],
  ])('%s', (text, nanoseconds, printed) => {
    expect(parseDuration(text)).toBe(nanoseconds);
    expect(formatDuration(nanoseconds)).toBe(printed);
  });

  test.each(['', '5', 's', '.s', '1x', '1h5', 'one', '300y', '99999999w'])('%j is none', (text) => {
    expect(parseDuration(text)).toHaveProperty('error');
  });

  test('what is printed reads back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (nanoseconds) => {
        expect(parseDuration(formatDuration(nanoseconds))).toBe(nanoseconds);
      }),
    );
  });
});

test.each([
  ['5', 5],
  ['5b', 5],
  ['1k', 1024],
  ['1KB', 1024],
  ['1 KiB', 1024],
  ['1.5m', 1_572_864],
  ['2g', 2 ** 31],
  ['1t', 2 ** 40],
  ['1p', 2 ** 50],
  ['.5k', 512],
  ['-1', -1],
  ['1e3', 1000],
  ['9223372036854771712', 2 ** 63 - 4096],
  ['1e3k', 1_024_000],
])('%s is %d bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

test.each(['', 'k', '1x', '9000p', '1kbb', '1  k', '-5', '1ki', '1e', 'all'])('%j is no size', (text) => {
  expect(parseBytes(text)).toHaveProperty('error');
});

test('file modes', () => {
  expect(parseFileMode('0440')).toBe(0o440);
  expect(parseFileMode(0o440)).toBe(0o440);
  expect(formatFileMode(0o440)).toBe('0440');
  for (const bad of ['', '8', 'rw', -1, 1.5]) expect(parseFileMode(bad)).toHaveProperty('error');
});

test.each([
  [0.5, '0.5'],
  [1, '1'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1234567, '1.234567e+06'],
  [100, '100'],
  [-2.25, '-2.25'],
  [1e21, '1e+21'],
])('%d in digits', (value, digits) => {
  expect(formatGoFloat(value, 1e6)).toBe(digits);
});

test('a 32-bit number is printed with as few digits as it needs', () => {
  expect(formatGoFloat32(0.1)).toBe('0.1');
  expect(formatGoFloat32(Math.fround(0.3))).toBe('0.3');
  expect(formatGoFloat32(1.2345678)).toBe('1.2345678');
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Math.fround(Number(formatGoFloat32(value)))).toBe(value === 0 ? 0 : value);
    }),
  );
});

describe('shell words', () => {
  test.each([
    ['a  b\tc', ['a', 'b', 'c']],
    [`'a b' "c d"`, ['a b', 'c d']],
    [`a"b"'c'`, ['abc']],
    [`'' ""`, ['', '']],
    ['a\\ b', ['a b']],
    [`"a\\"b" 'a\\b'`, ['a"b', 'a\\b']],
    ['a\\tb "c\\nd" \'e\\nf\'', ['a\tb', 'c\nd', 'e\\nf']],
    ['echo `x y` $(u \\( v)', ['echo', '`x y`', '$(u ( v)']],
    ['`a "b  c"` $(a "b")', ['`a b  c`', '$(a "b")']],
    ['a) b)', ['a) b)']],
    ['echo $HOME ${X}', ['echo', '$HOME', '${X}']],
    ['', []],
  ])('%j', (line, words) => {
    expect(splitShellWords(line)).toEqual({ words });
  });

  test.each([
    ['a; b', ['a'], ';'],
    ['a && b', ['a'], '&&'],
    ['a || b', ['a'], '||'],
    ['a > f', ['a'], '>'],
    ['a 2>&1', ['a'], '>'],
    ['a 5b>f', ['a'], '>'],
    ['a b5>f', ['a', 'b5'], '>'],
    ['a >> f', ['a'], '>>'],
    ['a|b', ['a'], '|'],
  ])('%j ends at the operator', (line, words, operator) => {
    expect(splitShellWords(line)).toEqual({ words, operator });
  });

  test.each([`'a`, `"a`, 'a\\', '`a', '$(a', 'f(x)', 'a)', '$(a (b))'])(
    '%j is not closed or stray',
    (line) => {
      expect(splitShellWords(line)).toHaveProperty('error');
    },
  );

  test('any words, each in single quotes, come back', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
        expect(splitShellWords(line)).toEqual({ words });
      }),
    );
  });
});
