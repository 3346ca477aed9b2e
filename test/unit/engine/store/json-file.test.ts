import { execFileSync } from 'node:child_process';
import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  appendJson,
  examineJson,
  examineLastLine,
  findLine,
  readJson,
  writeJson,
} from '../../../../src/engine/store/json-file.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

const fine = () => undefined;
let dir: string;
eachInDirectory((directory) => {
  dir = directory;
});

describe('JSON files', () => {
  it('that are pipes are damaged, and nothing waits for a writer', () => {
    const path = join(dir, 'pipe');
    execFileSync('mkfifo', [path]);
    expect(examineJson(path, fine)).toEqual({ kind: 'damaged', why: 'it is empty' });
    expect(examineLastLine(path, fine)).toEqual({ kind: 'damaged', why: 'it is empty' });
  });

  it('are written 0600 and read back', () => {
    const path = join(dir, 'a.json');
    writeJson(path, { a: 1 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readJson(path, fine)).toEqual({ a: 1 });
    expect(readJson(join(dir, 'absent'), fine)).toBeUndefined();
  });

  it.each([
    ['', 'it is empty'],
    ['{"a":', 'it is not JSON'],
    ['[]', 'wanted'],
  ])('holding %j are refused by name', (text, reason) => {
    const path = join(dir, 'bad.json');
    writeFileSync(path, text);
    expect(() => readJson(path, () => 'wanted')).toThrow(`${path} cannot be read: ${reason}`);
  });

  it('of lines give the last whole one, also after a line that was cut', () => {
    const path = join(dir, 'state.json');
    appendJson(path, { n: 1 });
    appendJson(path, { n: 2 });
    appendFileSync(path, '\n{"n":');
    expect(examineLastLine(path, fine)).toEqual({ kind: 'whole', value: { n: 2 } });
    appendJson(path, { n: 3 });
    expect(examineLastLine(path, fine)).toEqual({ kind: 'whole', value: { n: 3 } });
  });

  it('of lines keep their head when they are rewritten, and give the last valid line before damage', () => {
    const path = join(dir, 'state.json');
    const head = () => ({ head: 'x'.repeat(500) });
    for (let n = 0; n < 200; n++) appendJson(path, { n, padding: 'x'.repeat(1000) }, head);
    const hasHead = (value: unknown) =>
      (value as { head?: string }).head === undefined ? 'no head' : undefined;
    expect(findLine(path, hasHead)).toEqual(head());
    appendFileSync(path, '\n{"n":"damaged"}\n');
    const isCount = (value: unknown) =>
      typeof (value as { n?: number }).n === 'number' ? undefined : 'no count';
    expect(examineLastLine(path, isCount)).toMatchObject({ value: { n: 199 } });
    expect(examineLastLine(path, () => 'it is wrong')).toEqual({ kind: 'damaged', why: 'it is wrong' });
    writeFileSync(path, '');
    expect(examineLastLine(path, fine)).toEqual({ kind: 'damaged', why: 'it is empty' });
    expect(examineLastLine(join(dir, 'absent'), fine)).toEqual({ kind: 'absent' });
    expect(examineLastLine(dir, fine)).toMatchObject({ kind: 'damaged' });
  });

  it('of lines do not grow without end', () => {
    const path = join(dir, 'state.json');
    for (let n = 0; n < 200; n++) appendJson(path, { n, padding: 'x'.repeat(1000) });
    expect(statSync(path).size).toBeLessThan(70_000);
    expect(examineLastLine(path, fine)).toMatchObject({ value: { n: 199 } });
  });
});
