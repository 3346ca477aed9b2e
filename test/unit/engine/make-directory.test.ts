import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../../src/engine/store/make-directory.ts';

const root = mkdtempSync(join(tmpdir(), 'tcd-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('makeDirectory', () => {
  it('makes what is missing, with the mode, and leaves what is there', () => {
    makeDirectory(join(root, 'a', 'b', 'c'), 0o700);
    makeDirectory(join(root, 'a', 'b', 'c'), 0o755);
    makeDirectory('/', 0o755);
    expect(statSync(join(root, 'a', 'b', 'c')).mode & 0o777).toBe(0o700);
  });

  it('follows a link to a directory', () => {
    makeDirectory(join(root, 'target'), 0o755);
    symlinkSync('target', join(root, 'link'));
    makeDirectory(join(root, 'link', 'sub'), 0o755);
    expect(statSync(join(root, 'target', 'sub')).isDirectory()).toBe(true);
  });

  it('tells the error of the first that cannot be made', () => {
    writeFileSync(join(root, 'file'), '');
    expect(() => makeDirectory(join(root, 'file', 'x', 'y'), 0o755)).toThrow('ENOTDIR');
    expect(() => makeDirectory(join(root, 'file'), 0o755)).toThrow('EEXIST');
    symlinkSync('nowhere', join(root, 'dangling'));
    expect(() => makeDirectory(join(root, 'dangling', 'x'), 0o755)).toThrow(/EEXIST|ENOENT/);
  });

  it('ends where the kernel makes nothing below a directory that is there', () => {
    expect(() => makeDirectory('/proc/no-such/x/y', 0o755)).toThrow('ENOENT');
    expect(() => makeDirectory('/proc/no-such', 0o755)).toThrow('ENOENT');
  });
});
