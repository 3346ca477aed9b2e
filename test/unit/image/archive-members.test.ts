import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dockerImages } from '../../../src/image/archive/docker-archive.ts';
import { ArchiveMembers } from '../../../src/image/archive/members.ts';
import { type Entry, stream, tarOf } from '../tar/tar-fixture.ts';

let root: string;
let count = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const read = (entries: readonly Entry[]) =>
  ArchiveMembers.read(stream(tarOf(entries)), join(root, String(count++)), () => undefined);

it('is refused with more files than names can be held of', async () => {
  const links = (many: number): Entry[] =>
    Array.from({ length: many }, (_, index) => ({ name: `l${index}`, type: 'symlink', linkName: 'x' }));
  expect((await read(links(50_000))).names()).toHaveLength(50_000);
  await expect(read(links(50_001))).rejects.toThrow('it has more than 50000 files');
});

it('is refused with more text than can be held, each text counted once', async () => {
  const text = (name: string): Entry => ({ name, data: Buffer.alloc(7 * 1024 * 1024, 'x') });
  const members = await read(['a', 'b', 'c', 'd', 'e'].map(text));
  for (const name of ['a', 'a', 'b', 'c', 'd', 'a'])
    expect(await members.bytes(name)).toHaveLength(7 * 1024 * 1024);
  await expect(members.bytes('e')).rejects.toThrow('the texts in it have more than 33554432 bytes together');
  await expect(
    (await read([{ name: 'f', data: Buffer.alloc(8 * 1024 * 1024 + 1) }])).bytes('f'),
  ).rejects.toThrow('should be a short text');
});

it('is refused with more images than anybody saves at a time', async () => {
  const manifest = (images: number): Entry[] => [
    { name: 'c', data: '{}' },
    { name: 'manifest.json', data: JSON.stringify(Array(images).fill({ Config: 'c' })) },
  ];
  expect(await dockerImages(await read(manifest(10_000)))).toHaveLength(10_000);
  await expect(dockerImages(await read(manifest(10_001)))).rejects.toThrow('more than 10000 images');
});
