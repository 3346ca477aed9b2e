import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appendJson, readJson, readLastJson, writeJson } from '../../../../src/engine/store/json-file.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

const fine = () => undefined;
let dir: string;
eachInDirectory((directory) => {
  dir = directory;
});

describe('JSON files', () => {
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
    expect(readLastJson(path, fine)).toEqual({ n: 2 });
    appendJson(path, { n: 3 });
    expect(readLastJson(path, fine)).toEqual({ n: 3 });
  });

  it('of lines do not grow without end', () => {
    const path = join(dir, 'state.json');
    for (let n = 0; n < 200; n++) appendJson(path, { n, padding: 'x'.repeat(1000) });
    expect(statSync(path).size).toBeLessThan(70_000);
    expect(readLastJson(path, fine)).toMatchObject({ n: 199 });
  });
});
