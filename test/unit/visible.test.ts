import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainOutput, visible, visibleLine, visibleOutput } from '../../src/visible.ts';

describe('text that is shown', () => {
  it.each([
    ['plain, ünïcode ✔ 日本', 'plain, ünïcode ✔ 日本'],
    ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['\x1b[2Jgone', '\\x1b[2Jgone'],
    ['\u009b31m', '\\x9b31m'],
    ['over\rwritten\x08\x7f\0', 'over\\x0dwritten\\x08\\x7f\\x00'],
    ['user\u202e\u2066txt', 'user\\u202e\\u2066txt'],
    ['a\u2028b', 'a\\u2028b'],
  ])('%j has its control characters made visible', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('is one line where only one belongs', () => {
    expect(visibleLine('a\nb\tc\x1b')).toBe('a\\nb\\tc\\x1b');
  });

  it('has no character that acts on a terminal, whatever came', () => {
    const acts = /[\0-\x08\x0b-\x1f\x7f-\x9f]/;
    const text = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\x1b[', '\x1b]', '\x9d', '\x07', 'm', '\r')),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const line = parts.join('').replaceAll('\n', '');
        expect(visible(line)).not.toMatch(acts);
        expect(plainOutput(line)).not.toMatch(acts);
        expect(visibleOutput(line).replace(/\x1b\[[0-9;:]*m/g, '')).not.toMatch(acts);
      }),
    );
  });
});

describe('a line that a container printed', () => {
  it.each([
    ['\x1b[1;31mred\x1b[0m\tplain', '\x1b[1;31mred\x1b[0m\tplain', 'red\tplain'],
    ['\x1b[38:2::1:2:3mtrue colour', '\x1b[38:2::1:2:3mtrue colour', 'true colour'],
    ['\x1b]0;title\x07after', 'after', 'after'],
    ['\x1b]52;c;cm0gLXJmIH4=\x1b\\after', 'after', 'after'],
    ['\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\', 'link', 'link'],
    ['\x1b[1A\x1b[2Kweb-1  | forged', 'web-1  | forged', 'web-1  | forged'],
    ['10%\r20%', '10% 20%', '10% 20%'],
    ['\x1bcreset\x1b(0graphics\x1b7', 'resetgraphics', 'resetgraphics'],
    ['\x1b[6n\x1bZ\x1b[>c answers', ' answers', ' answers'],
    ['\x1bPq#0\x1b\\sixel\x9b2J', 'sixel', 'sixel'],
    ['\x1b]0;no end', '', ''],
    ['bell\x07 back\x08', 'bell back', 'bell back'],
  ])('%j keeps its colours and nothing else that acts', (line, among, quoted) => {
    expect(visibleOutput(line)).toBe(among);
    expect(plainOutput(line)).toBe(quoted);
  });
});
