import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oldDockerImages } from '../../../src/image/archive/docker-archive.ts';
import { joinLists } from '../../../src/image/archive/join-lists.ts';
import type { ArchivedImage } from '../../../src/image/archive/load-types.ts';
import { ArchiveMembers } from '../../../src/image/archive/members.ts';
import { layoutImages } from '../../../src/image/archive/oci-layout.ts';
import type { Descriptor } from '../../../src/image/ingest-types.ts';
import { type Entry, stream, tarOf } from '../tar/tar-fixture.ts';

let root: string;
let count = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const read = (entries: readonly Entry[]) =>
  ArchiveMembers.read(stream(tarOf(entries)), join(root, String(count++)), () => undefined);
const amd64 = { platform: { os: 'linux', architecture: 'amd64' }, asked: false };

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  image: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
};

/** The blobs of a layout, each put in once. */
class Layout {
  readonly entries: Entry[] = [];

  put(value: object | string, mediaType: string, more: object = {}): Descriptor {
    const data = typeof value === 'string' ? value : JSON.stringify(value);
    const hex = createHash('sha256').update(data).digest('hex');
    this.entries.push({ name: `blobs/sha256/${hex}`, data });
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(data), ...more };
  }

  /** An image whose configuration names `who`; its entry has a platform only if `more` has one. */
  image(who: string, architecture = 'amd64', more: object = {}): Descriptor {
    const config = this.put(
      { os: 'linux', architecture, author: who, rootfs: { diff_ids: [] } },
      types.config,
    );
    return this.put({ schemaVersion: 2, mediaType: types.image, config, layers: [] }, types.image, more);
  }

  artifact(more: object = {}): Descriptor {
    const config = this.put('{}', 'application/vnd.oci.empty.v1+json');
    const layers = [this.put('some text', 'text/plain')];
    return this.put({ artifactType: 'application/vnd.example', config, layers }, types.image, more);
  }

  index(manifests: readonly unknown[] | null, more: object = {}): Descriptor {
    return this.put({ schemaVersion: 2, mediaType: types.index, manifests }, types.index, more);
  }

  /** Who is found when `index.json` lists these. */
  async found(manifests: readonly object[], wanted = amd64, lenient = false) {
    const index: Entry = { name: 'index.json', data: JSON.stringify({ manifests }) };
    const found = await layoutImages(await read([...this.entries, index]), wanted, lenient);
    return {
      who: found!.images.map(({ config }) => JSON.parse(config.toString()).author as string),
      images: found!.images,
      passed: found!.passed?.message,
    };
  }
}

const named = (name: string) => ({ annotations: { 'io.containerd.image.name': name } });
const linux = (architecture: string) => ({ platform: { os: 'linux', architecture } });

describe('An image of several platforms', () => {
  const chosen = async (entries: (layout: Layout) => readonly unknown[]) => {
    const layout = new Layout();
    return (await layout.found([layout.index(entries(layout))])).who;
  };

  it('is chosen by what configurations say where entries name no platform', async () => {
    expect(await chosen((l) => [l.image('arm', 'arm64'), l.image('own')])).toEqual(['own']);
    expect(await chosen((l) => [l.image('none'), l.image('own', 'amd64', linux('amd64'))])).toEqual(['none']);
    for (const platform of [null, {}, { os: 'linux' }, 'linux/amd64', { architecture: 7 }])
      expect(await chosen((l) => [l.image('arm', 'arm64', { platform }), l.image('own')])).toEqual(['own']);
  });

  it('is for Linux where an entry names only an architecture', async () => {
    const only = (architecture: string) => ({ platform: { architecture } });
    expect(
      await chosen((l) => [l.image('arm', 'arm64', only('arm64')), l.image('own', 'amd64', only('amd64'))]),
    ).toEqual(['own']);
  });

  it('is found in whichever nested index it is, and each is read once', async () => {
    expect(
      await chosen((l) => [l.index([l.image('arm', 'arm64')]), l.index([l.index([l.image('own')])])]),
    ).toEqual(['own']);
    let bottom: readonly unknown[] = [];
    const layout = new Layout();
    bottom = [layout.image('own', 'amd64')];
    for (let depth = 0; depth < 7; depth++) bottom = Array(300).fill(layout.index(bottom));
    expect((await layout.found([layout.index(bottom)])).who).toEqual(['own']);
    for (let depth = 0; depth < 3; depth++) bottom = [layout.index(bottom)];
    await expect(layout.found(bottom as object[])).rejects.toThrow('indexes within indexes, too many');
  });

  it('is none of the artifacts, attestations and unknown things beside it', async () => {
    const unknown = { platform: { os: 'unknown', architecture: 'unknown' } };
    expect(
      await chosen((l) => [
        l.put('hello', 'text/plain', linux('amd64')),
        l.artifact(),
        l.image('attestation', 'unknown', unknown),
        l.image('own'),
      ]),
    ).toEqual(['own']);
  });
});

describe('A layout', () => {
  it('gives its images although it lists other things', async () => {
    const layout = new Layout();
    const others = [
      layout.index([]),
      layout.index(null),
      layout.artifact(),
      layout.index([layout.artifact()]),
    ];
    expect((await layout.found([...others, layout.image('own')])).who).toEqual(['own']);
    expect(await layout.found(others)).toMatchObject({
      who: [],
      passed: 'the archive has no image for linux/amd64',
    });
    expect((await layout.found([layout.artifact()])).passed).toMatch(
      /^sha256:[0-9a-f]{64} in the archive is no container image but application\/vnd\.example$/,
    );
  });

  it('must be unanimous about what is an image and what is an index', async () => {
    const layout = new Layout();
    const image = layout.image('own');
    const index = layout.index([image]);
    const config = layout.put({ rootfs: {} }, types.config);
    const wrong: readonly (readonly [Descriptor, RegExp])[] = [
      [{ ...index, mediaType: types.image }, /said to be an image, and is an index/],
      [{ ...image, mediaType: types.index }, /said to be an index, and is an image/],
      [layout.put({ mediaType: types.index, config, layers: [] }, types.image), /and is an image/],
      [layout.put({ manifests: [image], config, layers: [] }, types.image), /an index and an image at once/],
    ];
    for (const [entry, why] of wrong) await expect(layout.found([entry])).rejects.toThrow(why);
    const { mediaType: _, ...plain } = image;
    expect((await layout.found([plain])).who).toEqual(['own']);
  });

  it('names its images by tags, and by digests if they are theirs', async () => {
    const layout = new Layout();
    const image = layout.image('own');
    const { images } = await layout.found([
      { ...image, ...named('docker.io/library/app:1') },
      { ...image, ...named(`reg.example/app@${image.digest}`) },
      { ...image, ...named(`reg.example/app:2@${image.digest}`) },
      { ...image, ...named(`reg.example/other@sha256:${'a'.repeat(64)}`) },
      {
        ...image,
        annotations: { 'io.containerd.image.name': 7, 'org.opencontainers.image.ref.name': 'latest' },
      },
    ]);
    const { digest } = image;
    expect(images).toMatchObject([
      {
        tags: ['app:1'],
        digestNames: [
          { repository: 'reg.example/app', digest },
          { repository: 'reg.example/app', digest, tag: '2' },
        ],
      },
    ]);
  });

  it('may lack what it lists only if another list makes up for it', async () => {
    const layout = new Layout();
    const gone = { ...layout.image('own'), digest: `sha256:${'b'.repeat(64)}` };
    await expect(layout.found([gone])).rejects.toThrow('which it refers to, is not in it');
    expect(await layout.found([gone], amd64, true)).toMatchObject({ who: [], passed: undefined });
  });
});

describe("Docker's list beside a layout", () => {
  const image = (who: string, ...tags: string[]): ArchivedImage => ({
    config: Buffer.from(who),
    layers: [],
    tags,
  });
  const joined = (layout: readonly ArchivedImage[], docker: readonly ArchivedImage[]) =>
    joinLists(layout, docker).map(({ config, tags }) => [config.toString(), ...tags]);

  it('adds names and images, and takes no name away', () => {
    expect(joined([image('a', 'one:1')], [image('a', 'two:1')])).toEqual([['a', 'two:1', 'one:1']]);
    expect(joined([image('own', 'app:1')], [image('arm', 'app:1')])).toEqual([['own', 'app:1']]);
    expect(joined([image('own', 'app:1')], [image('b', 'app:1', 'b:1'), image('c')])).toEqual([
      ['own', 'app:1'],
      ['b', 'b:1'],
      ['c'],
    ]);
  });
});

describe('An archive of Docker before 1.10', () => {
  const [base, top] = ['a', 'b'].map((digit) => digit.repeat(64)) as [string, string];
  const directory = (id: string, parent?: string): Entry[] => [
    { name: `${id}/json`, data: JSON.stringify({ id, parent }) },
    { name: `${id}/layer.tar`, data: tarOf([{ name: id.slice(0, 3), data: '' }]) },
  ];
  const tags = async (...more: Entry[]) => {
    const members = await read([...directory(base), ...directory(top, base), ...more]);
    return (await oldDockerImages(members, async (file) => file))?.map((one) => [
      one.layers.length,
      ...one.tags,
    ]);
  };

  it('gives images without names, too, but no parents of others', async () => {
    const repositories = (value: unknown): Entry => ({ name: 'repositories', data: JSON.stringify(value) });
    expect(await tags()).toEqual([[2]]);
    expect(await tags(repositories(null))).toEqual([[2]]);
    expect(await tags(repositories({}))).toEqual([[2]]);
    expect(await tags(repositories({ app: { 1: base } }))).toEqual([[1, 'app:1'], [2]]);
    expect(await tags(repositories({ app: { 1: top } }))).toEqual([[2, 'app:1']]);
    expect(
      await oldDockerImages(await read([{ name: 'x/json', data: '{}' }]), async () => ''),
    ).toBeUndefined();
  });
});
