import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { chainIds, sha256 } from '../../../src/image/digest.ts';
import type { BlobWriter, Descriptor, Ingest } from '../../../src/image/ingest-types.ts';
import { createImageStore } from '../../../src/image/store/image-store.ts';
import type { ImageStore } from '../../../src/image/types.ts';
import { eachInDirectory } from '../../support/temporary-directory.ts';
import { type Entry, tarOf } from '../tar/tar-fixture.ts';
import { FakeSystem } from './fake-system.ts';

let root: string;
let system: FakeSystem;
let now: number;
let full: boolean;
eachInDirectory((directory) => {
  root = directory;
  system = new FakeSystem();
  now = Date.UTC(2026, 0, 2);
  full = false;
});
const open = (): ImageStore =>
  createImageStore({
    root,
    release: '1',
    system,
    warn: () => {},
    damaged: () => {},
    now: () => now,
    beforeWrite: (path) => {
      if (full) throw Object.assign(new Error(`ENOSPC ${path}`), { code: 'ENOSPC' });
    },
  });

const describeBytes = (mediaType: string, bytes: Buffer): Descriptor => ({
  mediaType,
  digest: sha256(bytes),
  size: bytes.length,
});
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const stored = (digest: string) => existsSync(join(root, 'blobs/sha256', digest.slice(7)));
const partials = () => readdirSync(join(root, 'partial'));

/** An image as a registry has it. */
function imageOf(layers: readonly Buffer[], extra: object = {}) {
  const blobs = layers.map((tar) => gzipSync(tar));
  const diffIds = layers.map((tar) => sha256(tar));
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    ...extra,
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  const descriptors = blobs.map((blob) => describeBytes('application/vnd.oci.image.layer.v1.tar+gzip', blob));
  const configDescriptor = describeBytes('application/vnd.oci.image.config.v1+json', config);
  const manifest = json({ schemaVersion: 2, config: configDescriptor, layers: descriptors });
  const manifestDescriptor = describeBytes('application/vnd.oci.image.manifest.v1+json', manifest);
  return { blobs, diffIds, config, configDescriptor, descriptors, manifest, manifestDescriptor };
}
type Image = ReturnType<typeof imageOf>;

const someTar = (...entries: Entry[]) => tarOf(entries);
async function send(writer: BlobWriter, bytes: Buffer): Promise<void> {
  for (let at = writer.offset; at < bytes.length; at += 1000)
    await writer.write(bytes.subarray(at, at + 1000));
  await writer.commit();
}
async function layer(ingest: Ingest, image: Image, index: number): Promise<BlobWriter | undefined> {
  const request = { descriptor: image.descriptors[index]!, diffIds: image.diffIds.slice(0, index + 1) };
  for (;;) {
    const there = await ingest.layer(request);
    if (there.kind === 'write') return there.writer;
    if (there.kind === 'present') return undefined;
    await there.settled;
  }
}
/** As a pull does it; returns how many layers had to be sent. */
async function pull(store: ImageStore, image: Image, names: Parameters<Ingest['commit']>[0] | object = {}) {
  const ingest = store.ingest();
  try {
    await ingest.put(image.configDescriptor, image.config);
    await ingest.put(image.manifestDescriptor, image.manifest);
    let sent = 0;
    await Promise.all(
      image.blobs.map(async (blob, index) => {
        const writer = await layer(ingest, image, index);
        if (writer === undefined) return;
        sent++;
        await send(writer, blob);
      }),
    );
    return { sent, record: await ingest.commit({ manifest: image.manifestDescriptor, ...names }) };
  } finally {
    await ingest.release();
  }
}

describe('an ingest', () => {
  it('keeps blobs as they come, unpacks layers, and records the image with its names', async () => {
    const store = open();
    const image = imageOf([someTar({ name: 'a', data: '1' }), someTar({ name: 'b', data: '22' })]);
    const digest = image.manifestDescriptor.digest;
    const { sent, record } = await pull(store, image, {
      tag: 'app:1',
      repoDigest: { repository: 'app', digest, pinned: false },
    });
    expect(sent).toBe(2);
    expect(record).toMatchObject({
      id: image.configDescriptor.digest,
      tags: ['app:1'],
      repoDigests: [`app@${digest}`],
      dangling: false,
      lastTagged: '2026-01-02T00:00:00.000Z',
      size: 3,
      chain: chainIds(image.diffIds),
    });
    for (const name of ['app:1', `app@${digest}`, `app:other@${digest}`, record.id])
      expect(store.get(name)?.id).toBe(record.id);
    expect(system.synced).toBe(1);
    const files = store.rootfs(record).lowerDirs.map((directory) => readdirSync(directory));
    expect(files.slice(0, 2)).toEqual([['b'], ['a']]);
    const { manifest } = await store.manifestOf(record);
    expect(manifest.bytes.equals(image.manifest)).toBe(true);
    for (const [index, one] of (await store.layersOf(record)).entries()) {
      const blob = (await store.openBlob(one.descriptor.digest))!;
      const parts: Uint8Array[] = [];
      for await (const part of blob.stream(5)) parts.push(part);
      await blob.close();
      expect(Buffer.concat(parts).equals(image.blobs[index]!.subarray(5))).toBe(true);
    }
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  it('of what is there already sends and syncs nothing, but notes the time', async () => {
    const store = open();
    const image = imageOf([someTar({ name: 'a', data: '1' })]);
    await pull(store, image, { tag: 'app:1' });
    now += 1000;
    const again = open();
    const tags = () => readFileSync(join(root, 'images/tags.json'), 'utf8');
    const [written, synced] = [tags(), system.synced];
    const files = () =>
      readdirSync(join(root, 'images')).map((name) => statSync(join(root, 'images', name)).ino);
    const before = files();
    const { sent, record } = await pull(again, image, { tag: 'app:1' });
    expect([sent, record.lastTagged]).toEqual([0, '2026-01-02T00:00:01.000Z']);
    // Nobody waits for the disk, but the time gets there.
    expect([tags(), system.synced, files()]).toEqual([written, synced, before]);
    await again.close();
    expect(tags()).toContain('2026-01-02T00:00:01.000Z');
    expect(
      open()
        .list()
        .find(({ tags: names }) => names.includes('app:1'))?.lastTagged,
    ).toBe('2026-01-02T00:00:01.000Z');
  });

  it('of a layer that another unpacked and gave up syncs it', async () => {
    const store = open();
    const image = imageOf([someTar({ name: 'a', data: '1' })]);
    const first = store.ingest();
    await send((await layer(first, image, 0))!, image.blobs[0]!);
    const second = store.ingest();
    expect(await layer(second, image, 0)).toBeUndefined();
    await first.release();
    const synced = system.synced;
    await second.put(image.configDescriptor, image.config);
    await second.put(image.manifestDescriptor, image.manifest);
    await second.commit({ manifest: image.manifestDescriptor });
    expect(system.synced).toBe(synced + 1);
    await second.release();
  });

  it('of a layer that another recorded meanwhile, compressed otherwise, leaves no tree', async () => {
    const store = open();
    const tar = someTar({ name: 'a', data: 'one' });
    const [one, other] = [imageOf([tar]), imageOf([tar], { author: 'other' })];
    const slower = gzipSync(tar, { level: 1 });
    const descriptor = describeBytes('application/vnd.oci.image.layer.v1.tar+gzip', slower);
    const manifest = json({
      schemaVersion: 2,
      config: other.configDescriptor,
      layers: [{ ...descriptor, annotations: { slower: 'yes' } }],
    });
    const ingest = store.ingest();
    const there = await ingest.layer({ descriptor, diffIds: other.diffIds });
    await pull(store, one, { tag: 'one:1' });
    await send((there as { writer: BlobWriter }).writer, slower);
    await ingest.put(other.configDescriptor, other.config);
    const top = describeBytes('application/vnd.oci.image.manifest.v1+json', manifest);
    await ingest.put(top, manifest);
    await ingest.commit({ manifest: top, tag: 'other:1' });
    await ingest.release();
    expect(store.list().flatMap(({ tags }) => tags)).toEqual(expect.arrayContaining(['one:1', 'other:1']));
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
    await store.close();
  });

  it('unpacks one layer twice for two places in an image, and sends it once', async () => {
    const tar = someTar({ name: 'a', data: '1' });
    const { sent, record } = await pull(open(), imageOf([tar, tar]), {});
    expect([sent, record.chain.length, new Set(record.chain).size]).toEqual([1, 2, 2]);
    expect(record.dangling).toBe(true);
  });

  it('goes on where a transfer broke, in the same writer and in the next store', async () => {
    const image = imageOf([
      someTar({ name: 'a', data: Buffer.from(createHash('sha512').update('x').digest()) }),
    ]);
    const [blob] = image.blobs;
    const first = open().ingest();
    const writer = (await layer(first, image, 0))!;
    await writer.write(blob!.subarray(0, 50));
    expect(writer.offset).toBe(50);
    await writer.suspend();
    await first.release();
    expect(partials()).toEqual([`sha256-${image.descriptors[0]!.digest.slice(7)}`]);
    const store = open();
    const ingest = store.ingest();
    const second = (await layer(ingest, image, 0))!;
    expect(second.offset).toBe(50);
    await send(second, blob!);
    await ingest.release();
    expect(partials()).toEqual([]);
    // Not recorded: the blob stays, its tree is made again without anything being sent.
    expect((await pull(store, image, {})).sent).toBe(0);
  });

  it('begins again when the sender does, and when what was held is wrong', async () => {
    const image = imageOf([someTar({ name: 'a', data: 'content' })]);
    const [blob] = image.blobs;
    const store = open();
    const ingest = store.ingest();
    const writer = (await layer(ingest, image, 0))!;
    await writer.write(Buffer.alloc(20, 1));
    await writer.restart();
    expect(writer.offset).toBe(0);
    await writer.write(Buffer.alloc(blob!.length, 2));
    await expect(writer.commit()).rejects.toMatchObject({ code: 'IMAGE_BLOB' });
    expect(partials()).toEqual([]);
    await send((await layer(ingest, image, 0))!, blob!);
    await ingest.release();
  });

  it('refuses a wrong size, a wrong content and a wrong DiffID, and keeps nothing of them', async () => {
    const image = imageOf([someTar({ name: 'a', data: 'content' })]);
    const [blob] = image.blobs;
    const store = open();
    const ingest = store.ingest();
    const tooLong = (await layer(ingest, image, 0))!;
    await expect(tooLong.write(Buffer.alloc(blob!.length + 1))).rejects.toMatchObject({ code: 'IMAGE_BLOB' });
    const tooShort = (await layer(ingest, image, 0))!;
    await tooShort.write(blob!.subarray(0, 30));
    await expect(tooShort.commit()).rejects.toMatchObject({ code: 'IMAGE_BLOB' });
    const wrong = { ...image, diffIds: [`sha256:${'0'.repeat(64)}`] };
    await expect(send((await layer(ingest, wrong, 0))!, blob!)).rejects.toMatchObject({
      code: 'IMAGE_ARCHIVE',
      message: expect.stringContaining('invalid diffID'),
    });
    const noLayer = Buffer.from('text '.repeat(300));
    const descriptor = describeBytes('text/plain', noLayer);
    const there = await ingest.layer({ descriptor, diffIds: [descriptor.digest] });
    if (there.kind !== 'write') throw new Error(there.kind);
    await expect(send(there.writer, noLayer)).rejects.toMatchObject({ code: 'IMAGE_ARCHIVE' });
    await ingest.release();
    expect(partials()).toEqual([]);
    expect([readdirSync(join(root, 'layers')), readdirSync(join(root, 'tmp')), store.loose().size]).toEqual([
      [],
      [],
      0,
    ]);
  });

  it('checks a tree that is there against the blob that claims to be it', async () => {
    const store = open();
    const [one, two] = [someTar({ name: 'a', data: '1' }), someTar({ name: 'a', data: '2' })];
    const honest = imageOf([one]);
    await pull(store, honest, {});
    await pull(store, imageOf([two]), {});
    const lie = { ...imageOf([two]), diffIds: honest.diffIds };
    const ingest = store.ingest();
    await expect(layer(ingest, lie, 0)).rejects.toThrow(/invalid diffID/);
    await ingest.release();
  });

  it('lets one writer write a blob, and others wait for it', async () => {
    const store = open();
    const image = imageOf([someTar({ name: 'a', data: 'x'.repeat(3000) })]);
    const [first, second] = [store.ingest(), store.ingest()];
    const writer = (await layer(first, image, 0))!;
    const request = { descriptor: image.descriptors[0]!, diffIds: image.diffIds };
    const there = await second.layer(request);
    expect(there.kind).toBe('elsewhere');
    const waiting = layer(second, image, 0);
    await writer.abort();
    const theirs = (await waiting)!;
    await send(theirs, image.blobs[0]!);
    await first.release();
    expect(await layer(second, image, 0)).toBeUndefined();
    await second.release();
  });

  it('says so when the disk is full, and keeps nothing of the attempt', async () => {
    const store = open();
    const image = imageOf([someTar({ name: 'a', data: 'x'.repeat(3000) })]);
    const ingest = store.ingest();
    const writer = (await layer(ingest, image, 0))!;
    full = true;
    const failed = await send(writer, image.blobs[0]!).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 'IMAGE_NO_SPACE',
      message: expect.stringMatching(/no space is left on the disk \(.*bytes and \d+ inodes are free/),
    });
    await ingest.release();
    expect([partials(), readdirSync(join(root, 'tmp'))]).toEqual([[], []]);
    await expect(store.ingest().reserve(2 ** 60)).rejects.toMatchObject({ code: 'IMAGE_NO_SPACE' });
    full = false;
    expect((await pull(store, image, {})).sent).toBe(1);
  });

  it('holds what it uses against removal and clearing', async () => {
    const store = open();
    const image = imageOf([someTar({ name: 'a', data: '1' })]);
    const { record } = await pull(store, image, { tag: 'app:1' });
    const ingest = store.ingest();
    ingest.hold(record);
    await store.remove('app:1', { force: true, usedBy: () => [] });
    await store.clear();
    expect(stored(image.descriptors[0]!.digest)).toBe(true);
    await ingest.release();
    expect(await store.clear()).toBeGreaterThan(0);
    expect(stored(image.descriptors[0]!.digest)).toBe(false);
    expect(readdirSync(join(root, 'layers'))).toEqual([]);
  });

  it.each([
    [
      'its record is empty',
      (image: Image) => join('images', `${image.configDescriptor.digest.slice(7)}.json`),
    ],
    ['a layer has no record', (image: Image) => join('layers', image.diffIds[0]!.slice(7), 'layer.json')],
    ['a blob is cut', (image: Image) => join('blobs/sha256', image.descriptors[0]!.digest.slice(7))],
    [
      'its configuration is cut',
      (image: Image) => join('blobs/sha256', image.configDescriptor.digest.slice(7)),
    ],
  ])('mends an image of which %s', async (_what, path) => {
    const image = imageOf([someTar({ name: 'a', data: '1' })]);
    await pull(open(), image, { tag: 'app:1' });
    truncateSync(join(root, path(image)));
    const store = open();
    const { record } = await pull(store, image, { tag: 'app:1' });
    expect(readFileSync(join(store.rootfs(record).lowerDirs[0]!, 'a'), 'utf8')).toBe('1');
    expect(readdirSync(join(root, 'images')).filter((name) => name.endsWith('.damaged'))).toEqual([]);
    await store.remove('app:1', { force: true, usedBy: () => [] });
    expect(readdirSync(join(root, 'layers'))).toEqual([]);
  });
});

describe('names', () => {
  const variant = (architecture: string) => imageOf([someTar({ name: 'a', data: '1' })], { architecture });

  it('stand for one image a platform as long as the index is the same', async () => {
    const store = open();
    const index = json({ manifests: [] });
    const descriptor = describeBytes('application/vnd.oci.image.index.v1+json', index);
    const withIndex = async (image: Image, bytes: Buffer, of: Descriptor) => {
      const ingest = store.ingest();
      await ingest.put(of, bytes);
      await pull(store, image, { tag: 'app:1', index: of });
      await ingest.release();
      return image.configDescriptor.digest;
    };
    const amd64 = await withIndex(variant('amd64'), index, descriptor);
    const s390x = await withIndex(variant('s390x'), index, descriptor);
    expect(store.get('app:1', { os: 'linux', architecture: 's390x' })?.id).toBe(s390x);
    expect(store.get('app:1', { os: 'linux', architecture: 'amd64' })?.id).toBe(amd64);
    expect(store.get('app:1', { os: 'linux', architecture: 'mips64' })).toBeUndefined();
    const newer = json({ manifests: [], newer: true });
    const moved = await withIndex(variant('ppc64le'), newer, describeBytes('x', newer));
    expect(store.get('app:1')?.id).toBe(moved);
    expect(store.get(amd64)).toMatchObject({ tags: [], dangling: true });
  });

  it('of a digest that somebody named keep an image from dangling, and carry its tag', async () => {
    const store = open();
    const image = variant('amd64');
    const { digest } = image.manifestDescriptor;
    const { record } = await pull(store, image, {
      repoDigest: { repository: 'app', digest, pinned: true, tag: '1' },
    });
    expect(record).toMatchObject({ tags: [], dangling: false, digestTags: { [`app@${digest}`]: '1' } });
    expect(await store.remove(`app@${digest}`, { force: false, usedBy: () => [] })).toMatchObject([
      { Untagged: `app@${digest}` },
      { Deleted: record.id },
      { Deleted: record.chain[0] },
    ]);
  });

  it('of version 1 are read', async () => {
    const image = variant('amd64');
    const { record } = await pull(open(), image, { tag: 'app:1' });
    writeFileSync(
      join(root, 'images/tags.json'),
      JSON.stringify({ version: 1, tags: { 'old:1': record.id } }),
    );
    expect(open().get('old:1')?.tags).toEqual(['old:1']);
  });

  it('go as docker lets them go: with the last tag of a repository its digests, by id only when there is one', async () => {
    const store = open();
    const image = variant('amd64');
    const { digest } = image.manifestDescriptor;
    const { record } = await pull(store, image, {
      tag: 'app:1',
      repoDigest: { repository: 'app', digest, pinned: false },
    });
    await store.tag('app:1', 'other:2');
    const unused = { force: false, usedBy: () => [] };
    await expect(store.remove(record.id, unused)).rejects.toThrow(/referenced in multiple repositories/);
    expect(await store.remove('app:1', unused)).toEqual([
      { Untagged: 'app:1' },
      { Untagged: `app@${digest}` },
    ]);
    const used = { force: false, usedBy: () => [{ id: 'c'.repeat(64), name: 'web', running: false }] };
    await expect(store.remove('other:2', used)).rejects.toThrow(
      `conflict: unable to remove repository reference "other:2" (must force) - container ${'c'.repeat(12)} is using its referenced image ${record.id.slice(7, 19)}`,
    );
    expect(await store.remove(record.id.slice(7, 15), unused)).toMatchObject([
      { Untagged: 'other:2' },
      { Deleted: record.id },
      {},
    ]);
  });
});
