import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../../../src/engine/process/lock.ts';
import type { Layout } from '../../../../src/engine/store/layout.ts';

describe('the locks of an engine', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lock-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it.each<[string, (path: string) => void]>([
    ['a directory', (path) => mkdirSync(path)],
    ['a link to nothing', (path) => symlinkSync('/no/such/file', path)],
    ['a link to a file', (path) => symlinkSync(join(directory, 'file'), path)],
    ['a pipe', (path) => void execFileSync('mkfifo', [path])],
    ['a file', (path) => writeFileSync(path, 'x')],
    ['nothing', () => {}],
  ])('are taken where %s is in their place', async (_what, put) => {
    writeFileSync(join(directory, 'file'), 'content');
    const layout = { lock: join(directory, 'one'), stateLock: join(directory, 'two') } as Layout;
    for (const path of [layout.lock, layout.stateLock]) put(path);
    (await takeLock(layout)).release();
    for (const path of [layout.lock, layout.stateLock]) expect(existsSync(path)).toBe(true);
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('content');
  });
});
