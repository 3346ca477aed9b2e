import { expect, test } from 'vitest';
import { lineSplitter } from '../../../../src/cli/logs/line-splitter.ts';

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
