import { describe, expect, it } from 'vitest';
import { parseSize } from '../../../../src/cli/arguments/sizes.ts';
import { lastLines } from '../../../../src/cli/engine/logs.ts';
import { fillPaths } from '../../../../src/cli/render/inspect-output.ts';

describe('fillPaths', () => {
  const item = { A: { B: 'text', C: [1, 2], D: null }, L: { 'a.b': 'label' } };
  it.each([
    ['{{.A.B}}', 'text'],
    ['{{ .A.B }}-{{json .A.C}}', 'text-[1,2]'],
    ['{{.A.C}}', '[1,2]'],
    ['{{.A.D}}', '<no value>'],
    ['{{index .L "a.b"}}', 'label'],
    ['{{index .A.C 1}}', '2'],
    ['{{index .L "none"}}', ''],
    ['{{json .}}', JSON.stringify(item)],
    ['plain\\n', 'plain\n'],
  ])('%s', (template, expected) => {
    expect(fillPaths(template, item)).toBe(expected);
  });

  it('names the field that is not there, and what is', () => {
    expect(() => fillPaths('{{.A.X}}', item)).toThrow(/"X"/);
    expect(() => fillPaths('{{range .A}}x{{end}}', item)).toThrow(
      expect.objectContaining({ code: 'CLI_NOT_YET' }),
    );
  });
});

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
