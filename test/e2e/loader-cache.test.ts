import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

describe('the code cache beside the CLI', () => {
  let dist: string;
  beforeEach(() => {
    dist = join(mkdtempSync(join(tmpdir(), 'tcompose-dist-')), 'dist');
    cpSync('dist', dist, { recursive: true, filter: (path) => path !== join('dist', 'cache') });
  });
  afterEach(() => rmSync(join(dist, '..'), { recursive: true, force: true }));

  const version = (...flags: string[]): string =>
    spawnSync(process.execPath, [...flags, join(dist, 'tcompose.cjs'), 'version', '--short'], {
      encoding: 'utf8',
    }).stdout;
  const folder = (): string => join(dist, 'cache', readdirSync(join(dist, 'cache'))[0]!);
  const files = (): string[] => readdirSync(folder());

  it('takes in what the first three runs of a command compiled, and is one file', () => {
    const seen = [1, 2, 3, 4].map(() => {
      expect(version()).toMatch(/^\d+\.\d+\.\d+/);
      return files();
    });
    expect(seen).toEqual([['version.bin.1'], ['version.bin.2'], ['version.bin'], ['version.bin']]);
  });

  it('is begun anew when V8 does not accept it', () => {
    version();
    for (const damage of ['', 'garbage'.repeat(1000)]) {
      writeFileSync(join(folder(), 'version.bin'), damage);
      expect(version()).toMatch(/^\d+\.\d+\.\d+/);
      expect(files()).toEqual(['version.bin.1']);
    }
  });
});
