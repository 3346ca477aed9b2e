import { describe, expect, it } from 'vitest';
import { buildLine } from '../../../../src/cli/render/build-line.ts';

describe('a line of a build', () => {
  const shown = (kind: 'step' | 'output', line: string) =>
    buildLine({ type: 'build', service: 'app', kind, line });

  it('keeps the tabs and colours of what a command puts out, and nothing else that acts on a terminal', () => {
    expect(shown('output', 'a\tb \x1b[31mred\x1b[0m')).toBe('app |   a\tb \x1b[31mred\x1b[0m\n');
    expect(shown('output', '50%\r100% \x1b[2J\x1b]0;title\x07end')).toBe('app |   50% 100% end\n');
  });

  it('shows what a step is called on one line', () => {
    expect(shown('step', '[2/4] RUN a\n\tb \x1b[2J')).toBe('app | [2/4] RUN a\\n\\tb \\x1b[2J\n');
  });
});
