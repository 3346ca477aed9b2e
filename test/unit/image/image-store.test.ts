import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { chainIds } from '../../../src/image/digest.ts';
import { createImageStore } from '../../../src/image/store/image-store.ts';
import type { ImageStore, RemoveOptions } from '../../../src/image/types.ts';
import { eachInDirectory } from '../../support/temporary-directory.ts';
import { stream, tarOf } from '../tar/tar-fixture.ts';
import { FakeSystem } from './fake-system.ts';

const now = Date.UTC(2026, 0, 2);
let root: string;
let system: FakeSystem;
let warnings: string[];
let damaged: string[];
const open = (release = '1.2.3'): ImageStore =>
  createImageStore({
    root,
    release,
    system,
    warn: (message) => warnings.push(message),
    damaged: (file, why) => damaged.push(`${file}: ${why}`),
    now: () => now,
  });
eachInDirectory((directory) => {
  root = directory;
  system = new FakeSystem();
  warnings = [];
  damaged = [];
});

const sha = (data: Buffer) => `sha256:${createHash('sha256').update(data).digest('hex')}`;
const unused: RemoveOptions = { force: false, usedBy: () => [] };
const listing = () =>
  Object.fromEntries(
    ['blobs/sha256', 'layers', 'images', 'tmp', 'l'].map((name) => [
      name,
      readdirSync(join(root, name)).length,
    ]),
  );
const nothing = { 'blobs/sha256': 0, layers: 0, images: 0, tmp: 0, l: 0 };

describe('importing', () => {
  it('records digests, configuration and an unpacked layer', async () => {
    const store = open();
    const bytes = await tarOf([{ name: 'bin/tool', data: 'tool', mode: 0o755 }]);
    const image = await store.importRootfs(stream(bytes), {
      reference: 'me/app',
      changes: ['CMD ["/bin/tool"]', 'ENV A=1 B="two words"', 'EXPOSE 80'],
      message: 'first',
    });
    expect(image).toMatchObject({
      tags: ['me/app:latest'],
      created: '2026-01-02T00:00:00.000Z',
      os: 'linux',
      size: 4,
      diffIds: [sha(bytes)],
      chain: [sha(bytes)],
      history: [{ created: '2026-01-02T00:00:00.000Z', comment: 'first' }],
      config: { Cmd: ['/bin/tool'], Env: ['A=1', 'B=two words'], ExposedPorts: { '80/tcp': {} } },
      host: false,
    });
    const blob = (digest: string) => readFileSync(join(root, 'blobs/sha256', digest.slice(7)));
    expect(sha(blob(image.id))).toBe(image.id);
    expect(JSON.parse(blob(image.id).toString())).toMatchObject({
      architecture: image.architecture,
      config: image.config,
      rootfs: { type: 'layers', diff_ids: [sha(bytes)] },
    });
    expect(blob(sha(bytes))).toEqual(bytes);
    expect(system.synced).toBe(1);
    const { lowerDirs, binds } = store.rootfs(image);
    // Below the image's own layer is what every container has.
    expect(lowerDirs).toHaveLength(2);
    expect(readdirSync(lowerDirs[1]!)).toEqual(['.dockerenv', 'dev', 'etc', 'proc', 'sys']);
    expect(lowerDirs[0]!.length - root.length).toBeLessThan(12);
    expect(readFileSync(join(lowerDirs[0]!, 'bin/tool'), 'utf8')).toBe('tool');
    expect(binds).toEqual([]);
  });

  it('has the same layer for a compressed archive, by the digest of what is in it', async () => {
    const store = open();
    const bytes = await tarOf([{ name: 'f', data: 'x' }]);
    const plain = await store.importRootfs(stream(bytes), {});
    const packed = await store.importRootfs(stream(gzipSync(bytes), 10), { message: 'other' });
    expect(packed.chain).toEqual(plain.chain);
    expect(packed.id).not.toBe(plain.id);
    expect(listing()).toMatchObject({ layers: 1, images: 2, tmp: 0, 'blobs/sha256': 6 });
  });

  it('survives a restart', async () => {
    const image = await open().importRootfs(stream(await tarOf([{ name: 'f', data: 'x' }])), {
      reference: 'a',
    });
    const store = open();
    expect(store.get('a')).toEqual(image);
    expect(store.get(image.id)).toEqual(image);
    expect(store.get(image.id.slice(7, 19))).toEqual(image);
    expect(store.get('docker.io/library/a:latest')).toEqual(image);
    expect(store.get('b')).toBeUndefined();
  });

  it('takes many at once, also the same one', async () => {
    const store = open();
    const archives = await Promise.all(['1', '2', '3'].map((data) => tarOf([{ name: 'f', data }])));
    const images = await Promise.all(
      [0, 1, 2, 0, 1, 2].map((i, n) =>
        store.importRootfs(stream(archives[i]!, 100), { reference: `app:${n}` }),
      ),
    );
    expect(new Set(images.map((image) => image.id)).size).toBe(3);
    expect(listing()).toMatchObject({ layers: 3, tmp: 0 });
    expect(store.get('app:4')!.id).toBe(images[1]!.id);
  });

  it.each([
    ['an empty stream', Buffer.alloc(0), /empty/],
    ['garbage', Buffer.from('not a tar at all '.repeat(99)), /not a tar/],
    ['a cut off gzip', gzipSync(Buffer.alloc(5000)).subarray(0, 20), /gzip stream ends early/],
    [
      'damaged gzip',
      Buffer.concat([gzipSync(Buffer.alloc(10)).subarray(0, 10), Buffer.alloc(50, 0xff)]),
      /gzip data is damaged/,
    ],
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0]), /compressed with xz|its xz data is damaged/],
  ])('leaves nothing of %s', async (_what, bytes, why) => {
    const store = open();
    await expect(store.importRootfs(stream(bytes), { reference: 'a' })).rejects.toMatchObject({
      code: 'IMAGE_ARCHIVE',
      message: expect.stringMatching(why),
    });
    expect(listing()).toEqual(nothing);
    expect(store.get('a')).toBeUndefined();
  });

  it('leaves nothing when a later entry is bad, the source fails, or the disk is full', async () => {
    const store = open();
    const good = await tarOf([{ name: 'f', data: 'x'.repeat(5000) }]);
    await expect(store.importRootfs(stream(good.subarray(0, 2048)), {})).rejects.toThrow(/cut off/);
    async function* failing() {
      yield good.subarray(0, 600);
      throw new Error('connection reset');
    }
    await expect(store.importRootfs(failing(), {})).rejects.toThrow('connection reset');
    system.refuse = { makeNode: 'ENOSPC' };
    await expect(
      store.importRootfs(stream(await tarOf([{ name: 'p', type: 'fifo' }])), {}),
    ).rejects.toMatchObject({ code: 'IMAGE_NO_SPACE', message: expect.stringMatching(/no space is left/) });
    expect(listing()).toEqual(nothing);
  });

  it('refuses a bad request before it reads the archive', async () => {
    const store = open();
    async function* untouched(): AsyncGenerator<Buffer> {
      yield await Promise.reject(new Error('was read'));
    }
    await expect(store.importRootfs(untouched(), { reference: 'Bad Name' })).rejects.toMatchObject({
      code: 'IMAGE_REFERENCE',
    });
    await expect(store.importRootfs(untouched(), { changes: ['RUN x'] })).rejects.toMatchObject({
      code: 'IMAGE_CHANGE',
    });
    await expect(store.importRootfs(untouched(), { reference: 'tcompose/host' })).rejects.toMatchObject({
      code: 'IMAGE_IN_USE',
    });
  });
});

describe('what a crash left', () => {
  it('is taken away at the next start, and nothing else', async () => {
    const first = open();
    const image = await first.importRootfs(stream(await tarOf([{ name: 'f', data: 'x' }])), {
      reference: 'a',
    });
    first.rootfs(image);
    const before = listing();
    mkdirSync(join(root, 'tmp/0123/layer/diff'), { recursive: true });
    mkdirSync(join(root, 'layers', 'f'.repeat(64), 'diff'), { recursive: true });
    // A week and a day before the store's clock, and an hour.
    for (const [digit, age] of [
      ['f', 8 * 86_400],
      ['e', 3600],
    ] as const) {
      for (const path of [`blobs/sha256/${digit.repeat(64)}`, `partial/sha256-${digit.repeat(64)}`]) {
        writeFileSync(join(root, path), 'x');
        utimesSync(join(root, path), now / 1000 - age, now / 1000 - age);
      }
    }
    writeFileSync(join(root, 'images/tags.json.tmp-0123'), '{');
    const store = open();
    await store.close();
    expect(listing()).toEqual({ ...before, 'blobs/sha256': before['blobs/sha256']! + 1 });
    expect(readdirSync(join(root, 'partial'))).toEqual([`sha256-${'e'.repeat(64)}`]);
    expect(store.get('a')).toEqual(image);
    expect(store.loose()).toEqual({ size: 2 });
    const again = open();
    expect(await again.clear()).toBe(2);
    expect(listing()).toEqual(before);
  });

  it.each([
    ['', 'it is empty'],
    ['{"version":', 'it is not JSON'],
    ['{"version":2}', 'its format is 2, not 1'],
    ['{"version":1}', 'it does not describe this image'],
  ])(
    'a record that holds %j is named and put aside, and nothing that it may need is deleted',
    async (text, why) => {
      const one = await open().importRootfs(stream(await tarOf([{ name: 'f', data: '1' }])), {
        reference: 'a',
      });
      const layers = readdirSync(join(root, 'layers'));
      const file = join(root, 'images', `${one.id.slice(7)}.json`);
      writeFileSync(file, text);
      const store = open();
      expect(damaged).toEqual([`${file}: ${why}`]);
      expect(store.get('a')).toBeUndefined();
      await store.close();
      // Neither now nor by the next that opens it.
      await open().close();
      expect(readdirSync(join(root, 'layers'))).toEqual(layers);
    },
  );

  it('damaged tags are named and put aside; the images stay', async () => {
    const one = await open().importRootfs(stream(await tarOf([{ name: 'f', data: '1' }])), {
      reference: 'a',
    });
    writeFileSync(join(root, 'images/tags.json'), '[]');
    const store = open();
    expect(damaged).toEqual([expect.stringContaining('tags.json')]);
    expect(store.get(one.id)!.tags).toEqual([]);
    await store.tag(one.id, 'b');
    expect(store.get('b')!.id).toBe(one.id);
  });
});

describe('names and removal', () => {
  const importOne = async (store: ImageStore, data: string, reference?: string) =>
    store.importRootfs(stream(await tarOf([{ name: 'f', data }])), { ...(reference ? { reference } : {}) });

  it('moves a name to the image tagged last', async () => {
    const store = open();
    const one = await importOne(store, '1', 'app:x');
    const two = await importOne(store, '2', 'app:x');
    expect(store.get('app:x')!.id).toBe(two.id);
    expect(store.get(one.id)!.tags).toEqual([]);
    await store.tag(one.id.slice(7, 20), 'app:x');
    expect(store.get('app:x')!.id).toBe(one.id);
    await expect(store.tag('missing', 'y')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });

  it('takes names one by one, the image with the last, and layers only when nobody needs them', async () => {
    const store = open();
    const one = await importOne(store, 'same', 'a');
    await store.tag('a', 'b');
    const other = await store.importRootfs(stream(await tarOf([{ name: 'f', data: 'same' }])), {
      message: 'm',
      reference: 'c',
    });
    expect(other.chain).toEqual(one.chain);
    expect(await store.remove('a', unused)).toEqual([{ Untagged: 'a:latest' }]);
    expect(await store.remove('b', unused)).toEqual([{ Untagged: 'b:latest' }, { Deleted: one.id }]);
    expect(listing()).toMatchObject({ layers: 1 });
    expect(existsSync(store.rootfs(other).lowerDirs[0]!)).toBe(true);
    await store.remove('c', unused);
    expect({ ...listing(), images: 0 }).toEqual(nothing);
    expect(readdirSync(join(root, 'images'))).toEqual(['tags.json']);
  });

  it('opens where a pipe is in the place of its names, and waits for no writer', async () => {
    const { id } = await importOne(open(), '1', 'app');
    rmSync(join(root, 'images/tags.json'));
    execFileSync('mkfifo', [join(root, 'images/tags.json')]);
    expect(open().get(id)!.id).toBe(id);
  });

  it('keeps an image that containers are made from, and says which', async () => {
    const store = open();
    const image = await importOne(store, '1', 'app');
    const used = (force: boolean, running: boolean): RemoveOptions => ({
      force,
      usedBy: (id) => (id === image.id ? [{ name: 'web-1', running }] : []),
    });
    await expect(store.remove('app', used(false, false))).rejects.toMatchObject({
      code: 'IMAGE_IN_USE',
      message: expect.stringContaining('web-1'),
    });
    await expect(store.remove('app', used(false, true))).rejects.toThrow(/\(must force\)/);
    await expect(store.remove(image.id, used(true, true))).rejects.toThrow(/cannot be forced/);
    expect(await store.remove('app', used(true, true))).toEqual([{ Untagged: 'app:latest' }]);
    await store.tag(image.id, 'app');
    expect(await store.remove('app', used(true, false))).toEqual([{ Untagged: 'app:latest' }]);
    expect(store.get(image.id)!.tags).toEqual([]);
    expect(existsSync(store.rootfs(image).lowerDirs[0]!)).toBe(true);
  });

  it('wants force for an id with several names', async () => {
    const store = open();
    const image = await importOne(store, '1', 'a');
    await store.tag('a', 'b');
    await expect(store.remove(image.id, unused)).rejects.toThrow(/must be forced/);
    expect(await store.remove(image.id, { ...unused, force: true })).toEqual([
      { Untagged: 'a:latest' },
      { Untagged: 'b:latest' },
      { Deleted: image.id },
      { Deleted: image.chain[0] },
    ]);
  });
});

describe('tcompose/host', () => {
  it('is there from the start, with an id that machine and release fix', async () => {
    const image = open().get('tcompose/host')!;
    expect(image).toMatchObject({ tags: ['tcompose/host:latest'], host: true, config: { Cmd: ['/bin/sh'] } });
    rmSync(root, { recursive: true });
    mkdirSync(root);
    expect(open().get('tcompose/host')!.id).toBe(image.id);
    expect(open().get(image.id.slice(7, 17))!.id).toBe(image.id);
    expect(open().list()).toEqual([image]);
    await expect(open().remove('tcompose/host', { ...unused, force: true })).rejects.toMatchObject({
      code: 'IMAGE_IN_USE',
    });
    await expect(open().tag('tcompose/host', 'x')).rejects.toMatchObject({ code: 'IMAGE_IN_USE' });
  });
});

describe('tcompose/host of an earlier release', () => {
  it('is kept for the containers made from it', () => {
    const old = open('1.0.0').get('tcompose/host')!;
    const store = open('2.0.0');
    expect(store.get('tcompose/host')!.id).not.toBe(old.id);
    expect(store.get(old.id)).toEqual({ ...old, tags: [] });
    expect(store.list()).toHaveLength(1);
    expect(store.rootfs(store.get(old.id)!).binds.length).toBeGreaterThan(0);
  });
});

describe('chainIds', () => {
  it('folds each layer into the ones below it', () => {
    const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
    expect(chainIds([a, b])).toEqual([a, sha(Buffer.from(`${a} ${b}`))]);
    expect(chainIds([])).toEqual([]);
  });
});
