import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { releaseProgramPages, unchangedRanges } from '../../../src/sys/program-pages.ts';

const mapping = (line: string, anonymous: number): string =>
  `${line}\nSize: 4 kB\nRss: 4 kB\nAnonymous:        ${anonymous} kB\nVmFlags: rd mr\n`;

/** KiB of files in this process's memory. */
function mappedFiles(): number {
  const text = readFileSync('/proc/self/smaps_rollup', 'utf8');
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
  return kib('Rss') - kib('Anonymous');
}

describe('pages of a program', () => {
  it('are its code and constants, and nothing that was changed, can be changed, or is of another file', () => {
    const text = [
      mapping('00400000-00b72000 r--p 00000000 08:01 1234                       /usr/bin/node', 0),
      mapping('00b72000-025ff000 r-xp 00772000 08:01 1234                       /usr/bin/node', 0),
      mapping('02601000-0321f000 r--p 02200000 08:01 1234                       /usr/bin/node', 8),
      mapping('0321f000-03222000 rw-p 02e1e000 08:01 1234                       /usr/bin/node', 0),
      mapping('03222000-03242000 rw-p 00000000 00:00 0', 0),
      mapping('05c42000-06460000 rw-p 00000000 00:00 0                          [heap]', 0),
      mapping('7fd267e40000-7fd267f00000 r-xp 00000000 08:01 77                 /usr/lib/libc.so.6', 0),
      mapping('7fd267f00000-7fd267f01000 r-xp 00000000 08:01 78                 /usr/bin/node (deleted)', 0),
      mapping('7ffc00000000-7ffc00001000 r-xp 00000000 00:00 0                  [vdso]', 0),
      mapping('7ffd00000000-7ffd00001000 r--s 00000000 08:01 1234               /usr/bin/node', 0),
    ].join('');
    expect(unchangedRanges(text, '/usr/bin/node')).toEqual([
      { start: 0x400000n, length: 0x772000n },
      { start: 0xb72000n, length: 0x1a8d000n },
    ]);
    expect(unchangedRanges('', '/usr/bin/node')).toEqual([]);
  });

  it('are given back, and the process goes on', async () => {
    const before = mappedFiles();
    await releaseProgramPages();
    expect(before - mappedFiles()).toBeGreaterThan(8 * 1024);
    let sum = '';
    for (let turn = 0; turn < 50; turn++) {
      await releaseProgramPages();
      const day = new Intl.DateTimeFormat('de').format(turn);
      sum = createHash('sha256').update(`${sum}${day}`).digest('hex');
    }
    expect(sum).toMatch(/^[0-9a-f]{64}$/);
  });
});
