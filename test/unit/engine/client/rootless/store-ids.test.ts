import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkStoreIds, compareMaps } from '../../../../../src/engine/client/rootless/store-ids.ts';
import { idMap } from '../../../../../src/sub-ids.ts';

const map = (...ranges: [number, number][]) =>
  idMap(
    1000,
    ranges.map(([first, count]) => ({ first, count })),
  );

it.each([
  ['same', map([100_000, 65_536]), map([100_000, 65_536])],
  ['same', map([100_000, 65_536]), map([100_000, 1000], [101_000, 64_536])],
  ['more', map([100_000, 65_536]), map([100_000, 65_536], [300_000, 10])],
  ['more', map([100_000, 10]), map([100_000, 65_536])],
  ['more', map(), map([100_000, 65_536])],
  ['other', map([100_000, 65_536]), map()],
  ['other', map([100_000, 65_536]), map([100_000, 1000])],
  ['other', map([100_000, 65_536]), map([300_000, 10], [100_000, 65_536])],
  ['other', map([100_000, 65_536]), map([200_000, 65_536])],
] as const)('says that ids are %s', (verdict, before, now) => {
  expect(compareMaps(before, now)).toBe(verdict);
});

describe('a store', () => {
  let lib = '';
  beforeEach(() => {
    lib = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  });
  afterEach(() => rmSync(lib, { recursive: true }));
  const both = (uids: ReturnType<typeof map>) => ({ uids, gids: uids });
  const check = (uids: ReturnType<typeof map>, failure?: string) =>
    checkStoreIds(lib, both(uids), { user: 'ann', failure });
  const fill = () => mkdirSync(join(lib, 'layers/x'), { recursive: true });

  it('that is empty may have any ids', () => {
    expect(check(map([100_000, 65_536]))).toBeUndefined();
    expect(check(map([200_000, 65_536]))).toBeUndefined();
  });

  it('of ids that are gone is refused, with the lines that give them back, and stays noted', () => {
    check(map([100_000, 65_536]));
    fill();
    const noted = readFileSync(join(lib, 'ids'), 'utf8');
    expect(() => check(map([200_000, 65_536]))).toThrow(
      expect.objectContaining({ code: 'ENGINE_ROOTLESS', hint: expect.stringContaining('ann:100000:65536') }),
    );
    expect(() => check(map())).toThrow(`${lib} belongs to ids that you do not have any more`);
    expect(readFileSync(join(lib, 'ids'), 'utf8')).toBe(noted);
    expect(check(map([100_000, 65_536]))).toBeUndefined();
  });

  it('of ids that could not be mapped this time is not to be given up', () => {
    check(map([100_000, 65_536]));
    fill();
    expect(() => check(map(), 'newuidmap is not installed')).toThrow(
      expect.objectContaining({
        code: 'ENGINE_ROOTLESS',
        message: `newuidmap is not installed, and ${lib} has files of your other ids`,
        hint: 'See `tcompose doctor sub-ids`.',
      }),
    );
  });

  it('made with one id says what its images lack when there are more', () => {
    check(map());
    fill();
    expect(check(map([100_000, 65_536]))).toContain('was made with one user id');
    expect(check(map([100_000, 65_536]))).toBeUndefined();
  });
});
