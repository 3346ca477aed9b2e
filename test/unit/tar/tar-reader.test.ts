import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { decodePax } from '../../../src/tar/pax.ts';
import { type TarEntry, TarReader } from '../../../src/tar/tar-reader.ts';
import { endMarker, paxData, paxEntry, rawHeader, stream, tarOf } from './tar-fixture.ts';

async function readAll(bytes: Buffer, chunkSize?: number): Promise<(TarEntry & { data: string })[]> {
  const reader = new TarReader(stream(bytes, chunkSize));
  const entries: (TarEntry & { data: string })[] = [];
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    const pieces: Buffer[] = [];
    for (let piece = await reader.read(); piece !== undefined; piece = await reader.read())
      pieces.push(piece);
    entries.push({ ...entry, data: Buffer.concat(pieces).toString('latin1') });
  }
  return entries;
}

describe('TarReader', () => {
  it('reads what an independent writer wrote, in chunks of any size', async () => {
    const name = fc.stringMatching(/^[a-z]{1,12}(\/[a-zé]{1,150}){0,2}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            name,
            data: fc.string({ maxLength: 1500 }),
            uid: fc.nat(262143),
            mode: fc.integer({ min: 1, max: 0o7777 }),
          }),
          {
            maxLength: 5,
          },
        ),
        fc.integer({ min: 1, max: 2000 }),
        async (entries, chunkSize) => {
          const archive = pack();
          for (const { data, ...header } of entries) archive.entry({ ...header, gid: 5 }, data);
          archive.finalize();
          const bytes = await buffer(archive);
          const read = await readAll(bytes, chunkSize);
          expect(read.map(({ name: n, data, uid, mode }) => ({ name: n, data, uid, mode }))).toEqual(
            entries.map((entry) => ({
              ...entry,
              name: Buffer.from(entry.name).toString('latin1'),
              data: Buffer.from(entry.data).toString('latin1'),
            })),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('knows every type', async () => {
    const bytes = await tarOf([
      { name: 'd/', type: 'directory' },
      { name: 'l', type: 'symlink', linkName: '/x' },
      { name: 'h', type: 'hardlink', linkName: 'd/f' },
      { name: 'c', type: 'char', major: 1, minor: 3 },
      { name: 'b', type: 'block', major: 8, minor: 260 },
      { name: 'p', type: 'fifo' },
    ]);
    expect((await readAll(bytes)).map((e) => [e.type, e.linkName, e.major, e.minor])).toEqual([
      ['directory', '', 0, 0],
      ['symlink', '/x', 0, 0],
      ['hardlink', 'd/f', 0, 0],
      ['char', '', 1, 3],
      ['block', '', 8, 260],
      ['fifo', '', 0, 0],
    ]);
  });

  it('applies pax records, keeping attribute values as bytes', async () => {
    const value = Buffer.from([1, 0, 0xff, 0x0a, 0x3d, 0xfe]);
    const bytes = Buffer.concat([
      paxEntry(
        { path: 'ä', size: '3', uid: '3000000000', mtime: '12.5', 'SCHILY.xattr.security.capability': value },
        rawHeader('x'),
        Buffer.from('abc'),
      ),
      rawHeader('plain'),
      endMarker,
    ]);
    const [entry, plain] = await readAll(bytes);
    expect(entry).toMatchObject({ size: 3, data: 'abc', uid: 3e9, mtime: 12.5 });
    expect(Buffer.from(entry!.name, 'latin1').toString()).toBe('ä');
    expect(entry!.xattrs.get('security.capability')).toEqual(value);
    expect(plain).toMatchObject({ name: 'plain', mtime: 0 });
    expect(plain!.xattrs.size).toBe(0);
  });

  it('takes base 256 numbers and GNU long names, and passes global headers over', async () => {
    const size = Buffer.alloc(12);
    size[0] = 0x80;
    size[11] = 2;
    const longName = 'n'.repeat(300);
    const bytes = Buffer.concat([
      rawHeader('././@LongLink', { type: 'L', size: '00000000455\0' }),
      Buffer.concat([Buffer.from(`${longName}\0`), Buffer.alloc(512 - 301)]),
      rawHeader('short', { size: size.toString('latin1') }),
      Buffer.concat([Buffer.from('hi'), Buffer.alloc(510)]),
      rawHeader('pax', { type: 'g', size: '00000000014\0' }),
      Buffer.concat([paxData({ uid: '1234' }), Buffer.alloc(500)]),
      rawHeader('after'),
      endMarker,
    ]);
    const [first, after] = await readAll(bytes);
    expect(first).toMatchObject({ name: longName, data: 'hi' });
    expect(after).toMatchObject({ name: 'after', uid: 0 });
  });

  it('needs no end marker, nor the padding before it', async () => {
    expect(await readAll(rawHeader('a'))).toMatchObject([{ name: 'a' }]);
    expect(await readAll(Buffer.concat([rawHeader('a'), Buffer.alloc(512)]))).toMatchObject([{ name: 'a' }]);
    const unpadded = Buffer.concat([rawHeader('a', { size: '00000000003\0' }), Buffer.from('abc')]);
    expect(await readAll(unpadded)).toMatchObject([{ name: 'a', data: 'abc' }]);
  });

  it.each([
    ['4294967301', 5],
    ['4294967295', 0],
    ['-2', 4294967294],
  ])('takes the id %s as %d', async (uid, expected) => {
    const [entry] = await readAll(Buffer.concat([paxEntry({ uid }, rawHeader('a')), endMarker]));
    expect(entry!.uid).toBe(expected);
  });

  it.each(['-5', '-0.5', '99999999999999999999', '9300000000'])('takes the time %s as 0', async (mtime) => {
    const [entry] = await readAll(Buffer.concat([paxEntry({ mtime }, rawHeader('a')), endMarker]));
    expect(entry!.mtime).toBe(0);
  });

  it('lets a GNU long name win, an empty path count for nothing, and the last of several extended headers alone', async () => {
    const pax = (records: Record<string, string>) => paxEntry(records, Buffer.alloc(0));
    const bytes = Buffer.concat([
      pax({ path: 'by-pax' }),
      rawHeader('././@LongLink', { type: 'L', size: '00000000003\0' }),
      Buffer.concat([Buffer.from('gnu'), Buffer.alloc(509)]),
      rawHeader('short'),
      pax({ path: '' }),
      rawHeader('itself'),
      pax({ path: 'two', uid: '7' }),
      pax({ gid: '8' }),
      rawHeader('x'),
    ]);
    expect(await readAll(bytes)).toMatchObject([
      { name: 'gnu' },
      { name: 'itself' },
      { name: 'x', uid: 0, gid: 8 },
    ]);
  });

  it('lets nothing pass over a global header, and an empty long name count for nothing', async () => {
    const long = (type: string, text: string) =>
      Buffer.concat([
        rawHeader('././@LongLink', { type, size: `${text.length.toString(8).padStart(11, '0')}\0` }),
        Buffer.from(text.padEnd(512, '\0'), 'latin1'),
      ]);
    const bytes = Buffer.concat([
      paxEntry({ path: 'lost' }, rawHeader('pax_global_header', { type: 'g' })),
      rawHeader('kept'),
      long('L', '\0'),
      long('K', '\0'),
      rawHeader('link', { type: '2', link: 'target' }),
      endMarker,
    ]);
    expect(await readAll(bytes)).toMatchObject([{ name: 'kept' }, { name: 'link', linkName: 'target' }]);
  });

  it.each([
    [
      'star, whose times stand behind a prefix of 131 bytes',
      'ustar\u000000',
      'p'.repeat(131),
      'tar\0',
      `${'p'.repeat(131)}/x`,
    ],
    ['ustar, whose prefix has 155 bytes', 'ustar\u000000', 'p'.repeat(155), '', `${'p'.repeat(155)}/x`],
    ['GNU, with times in place of a prefix', 'ustar  \0', '14000000000\u000014000000000\0', '', 'x'],
    ['GNU, with a binary time', 'ustar  \0', `\x80${'\0'.repeat(10)}\x05`, '', 'x'],
    ['GNU by its magic, with a prefix all the same', 'ustar  \0', 'some/dir', '', 'some/dir/x'],
    ['GNU, with what is neither', 'ustar  \0', '\xe9\xe9', '', 'x'],
  ])('reads the name of %s', async (_what, magic, prefix, trailer, name) => {
    const header = rawHeader('x', { magic, prefix, trailer });
    expect(await readAll(Buffer.concat([header, endMarker]))).toMatchObject([{ name }]);
  });

  it('takes a name with a slash at its end for a directory only where no data follows', async () => {
    const size = '00000000003\0';
    const data = Buffer.from('abc'.padEnd(512, '\0'));
    const bytes = Buffer.concat([
      rawHeader('d/'),
      rawHeader('f/', { size }),
      data,
      rawHeader('g'),
      endMarker,
    ]);
    expect(await readAll(bytes)).toMatchObject([
      { type: 'directory' },
      { type: 'file', data: 'abc' },
      { name: 'g' },
    ]);
  });

  it('takes signed numbers, and records of a sparse file without a map for those of a whole one', async () => {
    const bytes = Buffer.concat([
      paxEntry(
        { mtime: '+5', uid: '+7', 'GNU.sparse.name': 'other', 'GNU.sparse.size': '9' },
        rawHeader('a'),
      ),
      endMarker,
    ]);
    expect(await readAll(bytes)).toMatchObject([{ name: 'a', mtime: 5, uid: 7, size: 0 }]);
  });

  it('refuses a NUL in the name of a sparse file', async () => {
    const records = { 'GNU.sparse.map': '', 'GNU.sparse.size': '0', 'GNU.sparse.name': 'a\0b' };
    const reader = new TarReader(stream(paxEntry(records, rawHeader('x'))), { sparse: true });
    await expect(reader.next()).rejects.toThrow(/NUL/);
  });

  it.each([
    [
      'an owner that is no whole number',
      Buffer.concat([paxEntry({ uid: '7.5' }, rawHeader('a')), endMarker]),
      /uid is/,
    ],
    ['nothing', Buffer.alloc(0), /empty/],
    ['random text', Buffer.from('hello world '.repeat(100)), /not a tar/],
    [
      'a file cut in its data',
      Buffer.concat([rawHeader('a', { size: '00000002000\0' }), Buffer.alloc(600)]),
      /cut off/,
    ],
    ['a short text', Buffer.from('hello world'), /not a tar/],
    ['a cut header', rawHeader('a').subarray(0, 100), /cut off/],
    [
      'a size of exabytes',
      Buffer.concat([rawHeader('a', { size: '\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff' }), endMarker]),
      /out of range/,
    ],
    [
      'a huge size without the data',
      Buffer.concat([rawHeader('a', { size: '77777777777\0' }), endMarker]),
      /cut off/,
    ],
    ['a negative size', Buffer.concat([rawHeader('a', { size: '\xff'.repeat(12) }), endMarker]), /negative/],
    [
      'a size that is no number',
      Buffer.concat([rawHeader('a', { size: 'zzzzzzzzzzz\0' }), endMarker]),
      /octal/,
    ],
    [
      'a huge extended header',
      Buffer.concat([rawHeader('a', { type: 'x', size: '00100000000\0' }), endMarker]),
      /impossible/,
    ],
    [
      'a pax size below zero',
      Buffer.concat([paxEntry({ size: '-5' }, rawHeader('a')), endMarker]),
      /size is/,
    ],
    ['an unknown type', Buffer.concat([rawHeader('a', { type: 'Z' }), endMarker]), /unknown type/],
    ['a sparse file', Buffer.concat([rawHeader('a', { type: 'S' }), endMarker]), /sparse/],
    ['a NUL in a name', Buffer.concat([paxEntry({ path: 'a\0b' }, rawHeader('a')), endMarker]), /NUL/],
    [
      'a NUL in a target',
      Buffer.concat([paxEntry({ linkpath: 'a\0b' }, rawHeader('a', { type: '2' })), endMarker]),
      /NUL/,
    ],
    ['a link to nothing', Buffer.concat([rawHeader('a', { type: '2' }), endMarker]), /link to nothing/],
  ])('refuses %s', async (_what, bytes, why) => {
    await expect(readAll(bytes)).rejects.toMatchObject({
      code: 'IMAGE_ARCHIVE',
      message: expect.stringMatching(why),
    });
  });

  it('answers any damage with an error of its own or a result, never with another error', async () => {
    const good = await tarOf([
      { name: 'a', data: 'x'.repeat(700) },
      { name: 'b'.repeat(180), data: 'y' },
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }),
        fc.nat(good.length),
        async (changes, length) => {
          const bytes = Buffer.from(good);
          for (const [at, byte] of changes) bytes[at] = byte;
          const outcome = await readAll(bytes.subarray(0, length)).catch((error) => error);
          if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'IMAGE_ARCHIVE' });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('decodePax', () => {
  it('gives back what was encoded, whatever bytes the values have', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.stringMatching(/^[A-Za-z.]{1,20}$/),
          fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b)),
        ),
        (records) => {
          expect(Object.fromEntries(decodePax(paxData(records)))).toEqual({ ...records });
        },
      ),
    );
  });

  it.each(['5 a=b', '999 a=b\n', 'x a=b\n', '7 abcd\n', '-1 a=b\n', '3 =\n'])('refuses %j', (text) => {
    expect(() => decodePax(Buffer.from(text))).toThrow(/pax/);
  });
});
