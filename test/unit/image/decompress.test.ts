import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../../src/image/unpack/decompress.ts';
import { stream } from '../tar/tar-fixture.ts';

async function content(bytes: Buffer, chunkSize = 65536): Promise<Buffer> {
  const { chunks } = await decompress(stream(bytes, chunkSize));
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}
const text = Buffer.from('some text that repeats itself, '.repeat(20_000));
const noise = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * index * 31) >> 7));
const program = (name: string, args: string[], input: Buffer) =>
  spawnSync(name, args, { input, maxBuffer: 1 << 28 }).stdout;
const has = (name: string) => spawnSync(name, ['--version']).error === undefined;

describe('gzip', () => {
  const packed = gzipSync(text);

  it.each([
    ['as it is', packed],
    ['without its trailer', packed.subarray(0, -8)],
    [
      'with a wrong checksum',
      Buffer.concat([packed.subarray(0, -8), Buffer.alloc(4, 1), packed.subarray(-4)]),
    ],
    ['with text behind it', Buffer.concat([packed, Buffer.from('text behind the end')])],
    ['with half a header behind it', Buffer.concat([packed, Buffer.from([0x1f, 0x8b, 0x08])])],
    ['with zeros behind it', Buffer.concat([packed, Buffer.alloc(1000)])],
    ['with an empty member behind it', Buffer.concat([packed, gzipSync('')])],
  ])('is read %s', async (_what, bytes) => expect((await content(bytes)).equals(text)).toBe(true));

  it('is read with all fields a header can have', async () => {
    const header = Buffer.concat([
      Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 5, 0]),
      Buffer.from('extraname\0comment\0'),
      Buffer.from([1, 2]),
    ]);
    expect((await content(Buffer.concat([header, packed.subarray(10)]))).equals(text)).toBe(true);
  });

  it('is read whatever its members and chunks are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constant(noise), fc.constant(text)), {
          maxLength: 8,
        }),
        fc
          .integer({ min: 1, max: 3 })
          .chain((digits) => fc.integer({ min: 10 ** (digits - 1), max: 10 ** (digits + 2) })),
        async (members, chunkSize) => {
          if (members.length === 0) return;
          const bytes = Buffer.concat(members.map((member) => gzipSync(member)));
          expect((await content(bytes, chunkSize)).equals(Buffer.concat(members))).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('is refused when it is cut or damaged', async () => {
    await expect(content(packed.subarray(0, packed.length >> 1))).rejects.toThrow(/gzip stream ends early/);
    const damaged = Buffer.from(gzipSync(noise));
    damaged.fill(0xff, 1000, 1400);
    await expect(content(damaged)).rejects.toMatchObject({ code: 'IMAGE_ARCHIVE' });
  });
});

describe.skipIf(!has('zstd'))(
  `zstd${has('zstd') ? '' : ' (skipped: the program zstd is not installed)'}`,
  () => {
    const skippable = Buffer.concat([
      Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]),
      Buffer.from('12345'),
    ]);
    const pack = (input: Buffer, ...args: string[]) => program('zstd', ['-q', '-c', ...args], input);

    it.each([
      ['by default', pack(text)],
      ['of the best level', pack(noise, '-19')],
      ['without a checksum', pack(noise, '--no-check')],
      ['with a large window', pack(text, '--long=27')],
      ['behind a skippable frame', Buffer.concat([skippable, pack(noise)])],
      ['before a skippable frame', Buffer.concat([pack(noise), skippable])],
      ['of several frames', Buffer.concat([pack(noise), skippable, pack(Buffer.alloc(0)), pack(text)])],
      ['with text behind it', Buffer.concat([pack(noise), Buffer.from('text')])],
    ])('%s is read', async (what, bytes) => {
      const expected = what === 'of several frames' ? Buffer.concat([noise, text]) : undefined;
      const got = await content(bytes, 1000);
      expect((expected !== undefined && got.equals(expected)) || got.equals(text) || got.equals(noise)).toBe(
        true,
      );
      expect(got.length).toBeGreaterThan(0);
    });

    it('is refused when it is cut, damaged, or wants too much memory', async () => {
      const bytes = pack(noise);
      await expect(content(bytes.subarray(0, -1000))).rejects.toMatchObject({ code: 'IMAGE_ARCHIVE' });
      const damaged = Buffer.from(bytes);
      damaged.fill(0xff, 2000, 9000);
      // Its checksum is not looked at, so damage may go unnoticed here; the digest of the content finds it.
      const got = await content(damaged).catch((error: { code: string }) => error.code);
      expect(got === 'IMAGE_ARCHIVE' || !noise.equals(got as Buffer)).toBe(true);
      const window = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 1, 0, 0]);
      await expect(content(window)).rejects.toThrow(/window of \d+ bytes/);
    });
  },
);

describe('other programs', () => {
  it.each(['xz', 'bzip2'])('%s is used where it is installed', async (name) => {
    if (!has(name)) return expect(has(name)).toBe(false);
    const bytes = program(name, ['-c'], noise);
    expect((await content(bytes)).equals(noise)).toBe(true);
    await expect(content(bytes.subarray(0, -20))).rejects.toMatchObject({ code: 'IMAGE_ARCHIVE' });
  });
});

it('a plain stream is passed on as it is', async () => {
  expect((await content(noise, 777)).equals(noise)).toBe(true);
  expect(await content(Buffer.alloc(0))).toHaveLength(0);
});
