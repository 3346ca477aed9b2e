import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liveLines } from '../../../../src/cli/render/live/live-lines.ts';
import { logFormatter } from '../../../../src/cli/render/log-lines.ts';
import { formatError } from '../../../../src/cli/render/print-error.ts';
import { table } from '../../../../src/cli/render/table.ts';
import { displayWidth, endOf, padToWidth, startOf } from '../../../../src/cli/render/width.ts';
import { TcomposeError } from '../../../../src/errors.ts';

describe('the width of a line', () => {
  it.each([
    ['', 0],
    ['plain ~', 7],
    ['größe', 5],
    ['gro\u0308\u00dfe', 5],
    ['日本語', 6],
    ['ｆｕｌｌ', 8],
    ['한국', 4],
    ['Привет', 6],
    ['🚀', 2],
    ['👨‍👩‍👧‍👦', 2],
    ['🇩🇪', 2],
    ['👍🏽', 2],
    ['☁️', 2],
    ['1️⃣', 2],
    ['✔ ⚠ ✖ …', 7],
    ['a\u200bb\u200d', 2],
    ['\u001b[31mred\u001b[0m', 3],
    ['\u001b]8;;http://x\u0007日\u001b]8;;\u0007', 2],
  ])('of %j is %i columns', (line, width) => expect(displayWidth(line)).toBe(width));

  it('is kept by padding, and never passed by cutting, whatever the characters', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/\p{Control}/gu, ''));
    fc.assert(
      fc.property(line, fc.nat(12), (text, columns) => {
        expect(displayWidth(padToWidth(text, columns))).toBe(Math.max(columns, displayWidth(text)));
        for (const cut of [startOf, endOf])
          expect(displayWidth(cut(text, columns))).toBeLessThanOrEqual(columns);
        expect(text.startsWith(startOf(text, columns))).toBe(true);
        expect(text.endsWith(endOf(text, columns))).toBe(true);
      }),
    );
  });
});

describe('columns', () => {
  it('of a table stand below each other', () => {
    expect(
      table(
        ['NAME', 'SIZE'],
        [
          ['日本', '1'],
          ['ab', '2'],
          ['🚀🚀🚀', '3'],
        ],
      ),
    ).toBe('NAME     SIZE\n日本     1\nab       2\n🚀🚀🚀   3\n');
  });

  it('of a live list stand below each other and within the terminal', () => {
    const row = (label: string) => ({ label, text: 'Starting', state: 'working' as const });
    const rows = [row('Container 日本語日本語日本語-web-1'), row('Container shop-db-1')];
    for (const columns of [80, 40, 30, 20]) {
      const lines = liveLines(rows, { columns, height: 5, color: false, unicode: true, frame: 0, now: 0 });
      for (const line of lines) expect(displayWidth(line)).toBeLessThan(columns);
      const starts = lines.map((line) => displayWidth(line.slice(0, line.indexOf('  Start'))));
      if (columns >= 40) expect(new Set(starts.map((start) => start > 0)).size).toBe(1);
    }
    const wide = liveLines(rows, { columns: 80, height: 5, color: false, unicode: true, frame: 0, now: 0 });
    expect(displayWidth(wide[1]!)).toBe(displayWidth(wide[2]!));
  });

  it('of log lines stand below each other', () => {
    const format = logFormatter({
      prefix: true,
      color: false,
      timestamps: false,
      containers: ['日本', 'web-1'],
    });
    const line = (container: string) =>
      format({ type: 'log', container, line: 'x', stream: 'stdout' } as Parameters<typeof format>[0]);
    expect(line('日本')).toBe('日本   | x\n');
    expect(line('web-1')).toBe('web-1  | x\n');
  });

  it('of a caret are those of the character it is about', () => {
    const where = { file: 'c.yaml', line: 1, column: 8, sourceLine: '\t日本: é: x' };
    const error = new TcomposeError('COMPOSE_TYPE', 'm', { where });
    expect(formatError(error, { color: false, verbose: false })).toContain(
      '1 | \t日本: é: x\n  | \t        ^',
    );
  });
});
