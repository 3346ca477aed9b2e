import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordReader, topmost } from '../../../src/watch/records.ts';

const sent = Buffer.from(
  '?7 /p/a dir\0=f!/p/a\0=-./p/b\0=~./p/c\0R3 1 4\0L/p\0M/n\0X/x\0O\0Zunknown\0=d!/p/\xff\0',
  'latin1',
);

describe('records of the watcher', () => {
  it('are read in whatever pieces they come', () => {
    const whole = new RecordReader().read(sent);
    expect(whole).toEqual([
      { type: 'ask', id: 7, path: '/p/a dir' },
      { type: 'change', change: { path: '/p/a', kind: 'file', settled: true } },
      { type: 'change', change: { path: '/p/b', kind: 'gone', settled: false } },
      { type: 'change', change: { path: '/p/c', kind: 'gone-directory', settled: false } },
      { type: 'ready', watched: 3, polled: 1, directories: 4 },
      { type: 'limit', of: 'watches', path: '/p' },
      { type: 'silent', path: '/n' },
      { type: 'unreadable', path: '/x' },
      { type: 'overflow' },
      { type: 'change', change: { path: '/p/\xff', kind: 'directory', settled: true } },
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(sent.length)), (cuts) => {
        const reader = new RecordReader();
        const at = [0, ...cuts.sort((a, b) => a - b), sent.length];
        expect(at.slice(1).flatMap((end, i) => reader.read(sent.subarray(at[i], end)))).toEqual(whole);
      }),
    );
  });
});

describe('paths to be watched', () => {
  it('are those that lie in no other', () => {
    expect(topmost(['/p/a', '/p', '/p/a/b', '/q', '/pp', '/p'])).toEqual(['/p', '/pp', '/q']);
    expect(topmost(['/', '/a'])).toEqual(['/']);
    expect(topmost(['/a/b', '/a.c', '/a'])).toEqual(['/a.c', '/a']);
  });
});
