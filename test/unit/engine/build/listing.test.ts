import type { BigIntStats } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Listing } from '../../../../src/engine/build/files/listing.ts';

/** A file's status, or a directory's. */
function status(more: Partial<BigIntStats>, directory = false): BigIntStats {
  const numbers = { ino: 7n, nlink: 1n, uid: 5n, gid: 6n, size: 3n, mtimeNs: -5n, ctimeNs: 9n };
  const mode = directory ? 0o040755n : 0o104640n;
  return { ...numbers, mode, isDirectory: () => directory, ...more } as BigIntStats;
}

describe('a listing', () => {
  const context = { ownerless: true };

  test('knows again what it listed, and of directories what does not change with what is in them', () => {
    const listing = new Listing(context, 'top');
    listing.add({ below: '', stat: status({ ino: 1n }, true) });
    listing.add({ below: 'file', stat: status({}) }, 'digest');
    expect(listing.isSame(0, status({ ino: 1n, mtimeNs: 77n, ctimeNs: 77n }, true))).toBe(true);
    expect(listing.isSame(0, status({ ino: 1n, mode: 0o040700n }, true))).toBe(false);
    expect(listing.isSame(1, status({}))).toBe(true);
    for (const other of [{ ino: 8n }, { mode: 0o100644n }, { size: 4n }, { mtimeNs: 5n }, { ctimeNs: 10n }])
      expect(listing.isSame(1, status(other))).toBe(false);
  });

  test('of a result does not count the time at which a file got a further name', () => {
    const listing = new Listing({ ownerless: false }, '');
    listing.add({ below: 'file', stat: status({}) }, 'digest');
    expect(listing.isSame(0, status({ ctimeNs: 10n }))).toBe(true);
    expect(listing.isSame(0, status({ mtimeNs: 10n }))).toBe(false);
  });

  test('has the traits that a copy has, for files with one name', () => {
    const traits = (ownerless: boolean, more: Partial<BigIntStats>, digest?: string) => {
      const listing = new Listing({ ownerless }, '');
      listing.add({ below: 'file', stat: status(more) }, digest);
      return listing.traits(0);
    };
    expect(traits(false, {}, 'd')).toBe(`4640:5:6:${2n ** 64n - 5n}:d`);
    expect(traits(true, { uid: 9n }, 'd')).toBe(traits(true, {}, 'd'));
    expect(traits(false, { uid: 9n }, 'd')).not.toBe(traits(false, {}, 'd'));
    expect(traits(true, { nlink: 2n }, 'd')).toBeUndefined();
    expect(traits(true, {})).toBeUndefined();
  });

  test('has room for many', () => {
    const listing = new Listing(context, '');
    for (let at = 0; at < 1000; at++)
      listing.add({ below: `f${at}`, stat: status({ ino: BigInt(at) }) }, `${at}`);
    expect([listing.length, listing.size()]).toEqual([1000, 3000]);
    listing.add({ below: 'directory', stat: status({ size: 4096n }, true) });
    expect(listing.size()).toBe(3000);
    for (const at of [0, 15, 16, 999]) {
      expect(listing.below(at)).toBe(`f${at}`);
      expect(listing.isSame(at, status({ ino: BigInt(at) }))).toBe(true);
      expect(listing.traits(at)?.endsWith(`:${at}`)).toBe(true);
    }
  });
});
