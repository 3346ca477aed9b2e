import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readStatCache, writeStatCache } from '../../../../src/engine/build/cache/stat-cache-file.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'tcompose-stat-cache-'));
});
afterEach(() => rmSync(place, { recursive: true }));

// Around the number of lines that are written at a time.
it.each([0, 1, 1999, 2000, 2001, 4001])(
  'what is known of %i files is read as it was written',
  async (count) => {
    const entries = Array.from({ length: count }, (_, at) => [`1:${at}:5:6:7`, `digest${at};x y`] as const);
    const file = join(place, 'files');
    await writeStatCache(file, entries);
    expect(readStatCache(file)).toEqual(entries);
    expect(readdirSync(place)).toEqual(['files']);
  },
);

it('nothing is known by a file that is not whole', async () => {
  const file = join(place, 'files');
  await writeStatCache(file, [['1:2:3:4:5', 'a']]);
  writeFileSync(file, readFileSync(file).subarray(0, -1));
  expect(readStatCache(file)).toEqual([]);
});
