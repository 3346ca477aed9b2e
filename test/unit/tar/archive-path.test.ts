import { describe, expect, it } from 'vitest';
import { archivePath } from '../../../src/tar/archive-path.ts';

describe('the path of an archive’s name', () => {
  it.each([
    ['a', 'a'],
    ['a/b/', 'a/b'],
    ['a/.b', 'a/.b'],
    ['.a', '.a'],
    ['a..b/c...', 'a..b/c...'],
    ['./a/./b', 'a/b'],
    ['/a//b///', 'a/b'],
    ['a/../b', 'b'],
    ['a/b/../../c/..', ''],
    ['./', ''],
    ['/', ''],
    ['', ''],
  ])('%j is %j', (name, path) => {
    expect(archivePath(name)).toBe(path);
  });

  it.each(['..', '../a', 'a/../../b', '/..', './..//x'])('%j leads out', (name) => {
    expect(() => archivePath(name)).toThrow(expect.objectContaining({ code: 'IMAGE_ARCHIVE' }));
  });

  it('is no longer than a path may be', () => {
    expect(archivePath('a'.repeat(4095))).toHaveLength(4095);
    expect(() => archivePath('a'.repeat(4096))).toThrow('too long');
  });
});
