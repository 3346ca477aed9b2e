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

  it('is one a command, whatever words are around it', () => {
    for (const word of ['shop', 'production', 'test']) {
      spawnSync(process.execPath, [join(dist, 'tcompose.cjs'), '-p', word, 'version', '--short']);
      spawnSync(process.execPath, [join(dist, 'tcompose.cjs'), word]);
    }
    expect(files().sort()).toEqual(['help.bin', 'version.bin']);
  });

  it('lies beside a start that has Node read no authorities, and has their variable back', () => {
    writeFileSync(
      join(dist, '..', 'compose.yaml'),
      'name: p\nservices: {a: {image: x, environment: [NODE_EXTRA_CA_CERTS]}}\n',
    );
    const config = (file: string | undefined) =>
      spawnSync(join(dist, 'tcompose.cjs'), ['config', '--format', 'json'], {
        cwd: join(dist, '..'),
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: '/root', NODE_EXTRA_CA_CERTS: file },
      });
    // Node itself would warn of a file that is not there.
    const named = config('/no such/authorities "of" mine');
    expect(named.stderr).toBe('');
    expect(JSON.parse(named.stdout).services.a.environment).toEqual({
      NODE_EXTRA_CA_CERTS: '/no such/authorities "of" mine',
    });
    const without = config(undefined);
    expect(JSON.parse(without.stdout).services.a.environment).toEqual({ NODE_EXTRA_CA_CERTS: null });
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
