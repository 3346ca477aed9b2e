import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEntry, endOfArchive, type NewTarEntry, paddingOf } from '../../../src/tar/encode-entry.ts';
import { type TarEntry, TarReader } from '../../../src/tar/tar-reader.ts';
import { stream } from './tar-fixture.ts';

const archiveOf = (entries: readonly NewTarEntry[]): Buffer =>
  Buffer.concat([
    ...entries.flatMap((entry) => [
      encodeEntry(entry),
      Buffer.alloc(Math.min(entry.size ?? 0, 1e6), 'x'),
      paddingOf(entry.size ?? 0),
    ]),
    endOfArchive,
  ]);

async function readBack(entries: readonly NewTarEntry[]): Promise<TarEntry[]> {
  const reader = new TarReader(stream(archiveOf(entries)));
  const found: TarEntry[] = [];
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) found.push(entry);
  return found;
}

const bytes = (most: number) =>
  fc
    .uint8Array({ min: 1, max: 255, minLength: 1, maxLength: most })
    .map((array) => Buffer.from(array).toString('latin1').replaceAll('/', '_'));
const path = fc.array(bytes(120), { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
const common = {
  name: path,
  mode: fc.nat(0o7777),
  uid: fc.nat(0xfffffffe),
  gid: fc.nat(0xfffffffe),
  modified: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 19n }),
};
const attributes = fc
  .dictionary(
    fc.constantFrom('user.a', 'security.capability'),
    fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
  )
  .map((record) => new Map(Object.entries(record)));
const entry: fc.Arbitrary<NewTarEntry> = fc.oneof(
  fc.record({ ...common, type: fc.constant('file' as const), size: fc.nat(3000), xattrs: attributes }),
  fc.record({ ...common, type: fc.constant('directory' as const), xattrs: attributes }),
  fc.record({ ...common, type: fc.constantFrom('symlink' as const, 'hardlink' as const), linkName: path }),
  fc.record({
    ...common,
    type: fc.constantFrom('char' as const, 'block' as const),
    major: fc.nat(4095),
    minor: fc.nat(0xfffff),
  }),
);

describe('an archive that is written', () => {
  it('is read back as it was meant, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 5 }), async (entries) => {
        const found = await readBack(entries);
        expect(found).toHaveLength(entries.length);
        for (const [index, wanted] of entries.entries()) {
          const { modified = 0n, ...rest } = wanted;
          const name = wanted.type === 'directory' ? `${wanted.name}/` : wanted.name;
          expect(found[index]).toMatchObject({ ...rest, name, xattrs: wanted.xattrs ?? new Map() });
          // A time before 1970 or after 2262 is read as none.
          const seconds = modified < 0n || modified > 9_223_372_036_000_000_000n ? 0 : Number(modified) / 1e9;
          expect(Math.abs(found[index]!.mtime - seconds)).toBeLessThan(1e-5);
        }
        expect(archiveOf(entries).equals(archiveOf(entries))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('says what does not fit a plain header in an extended one, and only then', () => {
    const plain: NewTarEntry = { type: 'file', name: 'f', mode: 0o644, modified: 5_000_000_000n };
    expect(encodeEntry(plain)).toHaveLength(512);
    expect(encodeEntry({ ...plain, name: `${'d'.repeat(120)}/${'n'.repeat(100)}` })).toHaveLength(512);
    for (const change of [
      { name: 'n'.repeat(101) },
      { linkName: 'n'.repeat(101) },
      { size: 8 ** 11 },
      { uid: 8 ** 7 },
      { modified: 5_000_000_001n },
      { xattrs: new Map([['user.a', Buffer.from([0, 255])]]) },
    ])
      expect(encodeEntry({ ...plain, ...change })).toHaveLength(1536);
  });

  const noTar = spawnSync('tar', ['--version']).status !== 0;
  it.skipIf(noTar)(`is understood by tar${noTar ? ' (skipped: there is none)' : ''}`, () => {
    const long = 'long '.repeat(60);
    const listed = spawnSync('tar', ['-tvf', '-', '--numeric-owner', '--full-time'], {
      input: archiveOf([
        { type: 'directory', name: 'd', mode: 0o1777, modified: 1_000_000_000n },
        {
          type: 'file',
          name: `d/${long}`,
          mode: 0o4755,
          uid: 3_000_000,
          size: 700,
          modified: 1_500_000_000n,
        },
        { type: 'symlink', name: 'link', mode: 0o777, linkName: `/${long}` },
        { type: 'hardlink', name: 'hard', mode: 0o4755, linkName: `d/${long}` },
        { type: 'char', name: 'null', mode: 0o666, major: 1, minor: 3 },
      ]),
      encoding: 'utf8',
      env: { TZ: 'UTC', LC_ALL: 'C', PATH: process.env.PATH },
    });
    expect(listed.stderr).toBe('');
    expect(listed.stdout.split('\n').map((line) => line.replace(/\s+/g, ' '))).toEqual([
      'drwxrwxrwt 0/0 0 1970-01-01 00:00:01 d/',
      `-rwsr-xr-x 3000000/0 700 1970-01-01 00:00:01.5 d/${long}`.replace(/\s+/g, ' '),
      `lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 link -> /${long}`.replace(/\s+/g, ' '),
      `hrwsr-xr-x 0/0 0 1970-01-01 00:00:00 hard link to d/${long}`.replace(/\s+/g, ' '),
      'crw-rw-rw- 0/0 1,3 1970-01-01 00:00:00 null',
      '',
    ]);
  });
});
