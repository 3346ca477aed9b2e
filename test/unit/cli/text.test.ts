import { describe, expect, test } from 'vitest';
import { lineSplitter } from '../../../src/cli/logs/line-splitter.ts';
import { goDuration, timeValue } from '../../../src/cli/logs/time-values.ts';
import { exitCodeOf, formatError } from '../../../src/cli/print-error.ts';
import { splitWords } from '../../../src/cli/run/overrides.ts';
import { formatItems, humanDuration, humanSize, table } from '../../../src/cli/table.ts';
import { TcomposeError, TcomposeErrors } from '../../../src/errors.ts';
import { nearest } from '../../../src/nearest.ts';
import { unixTime } from '../../../src/rfc3339.ts';

const plain = { color: false, verbose: false };

describe('errors', () => {
  const error = new TcomposeError('CLI_USAGE', 'unknown key "imge"', {
    hint: 'Did you mean "image"?',
    where: { file: 'compose.yaml', line: 12, column: 6, sourceLine: '\t    imge: x' },
    cause: new Error('deep'),
  });

  test('message, place with a caret under the character, hint', () => {
    expect(formatError(error, plain)).toBe(
      'error: unknown key "imge"\n   --> compose.yaml:12:6\n12 | \t    imge: x\n   | \t    ^\nhint: Did you mean "image"?\n',
    );
  });

  test('the cause only with --verbose', () => {
    expect(formatError(error, plain)).not.toContain('deep');
    expect(formatError(error, { color: false, verbose: true })).toContain('caused by: Error: deep');
  });

  test('several are apart, and the first gives the exit code', () => {
    const both = new TcomposeErrors([
      new TcomposeError('CLI_USAGE', 'a', { exitCode: 5 }),
      new TcomposeError('CLI_USAGE', 'b'),
    ]);
    expect(formatError(both, plain)).toBe('error: a\n\nerror: b\n');
    expect(exitCodeOf(both)).toBe(5);
  });

  test('what was not foreseen is called a bug', () => {
    expect(formatError(new TypeError('x is undefined'), plain)).toContain('This is a bug in tcompose');
    expect(exitCodeOf(new TypeError('x'))).toBe(1);
  });
});

describe('names', () => {
  test('the nearest is close, or there is none', () => {
    expect(nearest('verion', ['version', 'up'])).toBe('version');
    expect(nearest('pu', ['up', 'ps'])).toBe('up');
    expect(nearest('frobnicate', ['up', 'ps'])).toBeUndefined();
  });
});

describe('times', () => {
  test('Go durations in seconds', () => {
    expect(goDuration('1h30m')).toBe(5400);
    expect(goDuration('1.5s')).toBe(1.5);
    expect(goDuration('250ms')).toBe(0.25);
    expect(goDuration('90')).toBeUndefined();
    expect(goDuration('h')).toBeUndefined();
  });

  test('RFC 3339 keeps all nine digits', () => {
    expect(unixTime('1970-01-01T00:00:01.123456789Z')).toBe('1.123456789');
    expect(unixTime('1970-01-01T01:00:00+01:00')).toBe('0.000000000');
    expect(unixTime('yesterday')).toBeUndefined();
  });

  test('--since takes ages, times and unix seconds', () => {
    expect(timeValue('10s', 100_000, '--since')).toBe('90.000000000');
    expect(timeValue('1700000000.5', 0, '--since')).toBe('1700000000.5');
    expect(timeValue(undefined, 0, '--since')).toBeUndefined();
    expect(() => timeValue('soon', 0, '--since')).toThrow('--since takes a time or a duration; got "soon"');
  });
});

describe('lines', () => {
  test('characters and lines cut anywhere come out whole', () => {
    const bytes = Buffer.from('grüße\r\nzwei\n\nrest');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const lines: string[] = [];
      const splitter = lineSplitter((line) => lines.push(line));
      splitter.push(bytes.subarray(0, cut));
      splitter.push(bytes.subarray(cut));
      splitter.flush();
      expect(lines).toEqual(['grüße', 'zwei', '', 'rest']);
    }
  });
});

describe('tables', () => {
  test('columns line up without trailing blanks', () => {
    expect(
      table(
        ['NAME', 'X'],
        [
          ['a', '1'],
          ['longer', ''],
        ],
      ),
    ).toBe('NAME     X\na        1\nlonger\n');
  });

  test('formats', () => {
    const items = [{ Name: 'a', Ports: [1] }];
    expect(formatItems('json', items, () => 'T')).toBe('{"Name":"a","Ports":[1]}\n');
    expect(formatItems('table', items, () => 'T')).toBe('T');
    expect(formatItems('{{.Name}}: {{json .Ports}}', items, () => 'T')).toBe('a: [1]\n');
    expect(formatItems('table {{.Name}}\\t{{.Ports}}', items, () => 'T')).toBe('NAME   PORTS\na      [1]\n');
    expect(() => formatItems('{{.Nmae}}', items, () => 'T')).toThrow('--format has no field .Nmae');
    expect(() => formatItems('{{range .Ports}}', items, () => 'T')).toThrow('is not available');
  });

  test('ages and sizes', () => {
    expect([0.2, 1, 59, 61, 150, 3700, 90000].map(humanDuration)).toEqual([
      'Less than a second',
      '1 second',
      '59 seconds',
      'About a minute',
      '2 minutes',
      'About an hour',
      '25 hours',
    ]);
    expect([0, 999, 77_800_000].map(humanSize)).toEqual(['0B', '999B', '77.8MB']);
  });

  test('words of an entrypoint', () => {
    expect(splitWords(`sh -c 'a b' "c \\"d\\"" e\\ f ''`)).toEqual(['sh', '-c', 'a b', 'c "d"', 'e f', '']);
  });
});
