import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageHistoryEntry, ImageInspect, ImageSummary } from '../../../src/engine/api/image.ts';
import { whyTooManyLayers } from '../../../src/image/config-facts.ts';
import { TarReader } from '../../../src/tar/tar-reader.ts';
import { packBusybox, staticBusybox } from '../../support/busybox.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { type Entry, stream, tarOf } from '../../unit/tar/tar-fixture.ts';

const busybox = staticBusybox();
const unmet = whyNoEngine() ?? (busybox === undefined ? 'no static busybox' : undefined);
const sha = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

async function membersOf(archive: Buffer): Promise<Map<string, Buffer>> {
  const reader = new TarReader(stream(archive));
  const found = new Map<string, Buffer>();
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    const parts: Buffer[] = [];
    for (let piece = await reader.read(); piece !== undefined; piece = await reader.read())
      parts.push(Buffer.from(piece));
    found.set(entry.name, Buffer.concat(parts));
  }
  return found;
}

describe.skipIf(unmet !== undefined)(`image archives${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
    const rootfs = readFileSync(packBusybox(busybox!, engine.root));
    const made = await engine.api('POST', '/images/create?fromSrc=-&repo=bb&tag=1&changes=CMD%20sh', rootfs);
    expect([made.status, made.text]).toEqual([200, expect.stringContaining('sha256:')]);
  });
  afterAll(async () => expect(await engine.stop()).toEqual([]));

  /** Bytes out, bytes in. */
  const raw = (method: string, path: string, body?: Buffer): Promise<{ status: number; body: Buffer }> =>
    new Promise((resolve, reject) => {
      const sent = request({ socketPath: engine.socket, method, path }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => resolve({ status: answer.statusCode!, body: Buffer.concat(parts) }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  const load = async (archive: Buffer, quiet = 1): Promise<string[]> => {
    const { status, body } = await raw('POST', `/images/load?quiet=${quiet}`, archive);
    expect(status).toBe(200);
    return body.toString().split('\r\n').filter(Boolean);
  };
  const inspect = (name: string) => engine.api<ImageInspect>('GET', `/images/${name}/json`);
  const remove = (name: string) => engine.api('DELETE', `/images/${name}?force=1`);

  it('come back as they were saved, with all their names, and are the same bytes each time', async () => {
    await engine.api('POST', '/images/bb:1/tag?repo=registry.example/team/bb&tag=two');
    const query = '/images/get?names=bb:1&names=registry.example/team/bb:two';
    const [first, second] = [await raw('GET', query), await raw('GET', query)];
    expect(first.body.equals(second.body)).toBe(true);
    const { json: before } = await inspect('bb:1');
    const members = await membersOf(first.body);
    expect([...members.keys()].filter((name) => !name.startsWith('blobs/'))).toEqual([
      'index.json',
      'manifest.json',
      'oci-layout',
      'repositories',
    ]);
    const [entry] = JSON.parse(members.get('manifest.json')!.toString());
    expect(entry.RepoTags).toEqual(['bb:1', 'registry.example/team/bb:two']);
    expect(sha(members.get(entry.Config)!)).toBe(before.Id);
    for (const name of ['bb:1', 'registry.example/team/bb:two']) await remove(name);
    expect((await inspect('bb:1')).status).toBe(404);
    for (const archive of [first.body, gzipSync(first.body)]) {
      const lines = await load(archive);
      expect(lines.sort()).toEqual([
        '{"stream":"Loaded image: bb:1\\n"}',
        '{"stream":"Loaded image: registry.example/team/bb:two\\n"}',
      ]);
    }
    const { json: after } = await inspect('bb:1');
    expect({ ...after, Metadata: null }).toEqual({ ...before, RepoTags: after.RepoTags, Metadata: null });
    expect(Date.parse(after.Metadata.LastTagTime)).toBeGreaterThan(Date.UTC(2020));
    expect(await load((await raw('GET', `/images/${before.Id}/get`)).body)).toEqual([
      `{"stream":"Loaded image ID: ${before.Id}\\n"}`,
    ]);
    expect((await raw('GET', '/images/get?names=bb:1&names=nosuch')).status).toBe(404);
  });

  it('give and take the platform that is asked for, or nothing', async () => {
    const { body } = await raw('GET', '/images/bb:1/get');
    const asked = (architecture: string) => encodeURIComponent(JSON.stringify({ os: 'linux', architecture }));
    const loaded = async (architecture: string) =>
      (await raw('POST', `/images/load?platform=${asked(architecture)}`, body)).body.toString();
    expect(await loaded('s390x')).toContain('the archive has no image for linux/s390x (It has: linux/');
    const own = (await inspect('bb:1')).json.Architecture;
    expect(await loaded(own)).toContain('Loaded image: bb:1');
    expect((await raw('GET', `/images/bb/get?platform=${asked(own)}`)).status).toBe(200);
    expect((await raw('GET', `/images/bb/get?platform=${asked('s390x')}`)).status).toBe(404);
  });

  it('say what they seem to be when no image is in them, and leave nothing', async () => {
    const rootfs = gunzipOrNot(readFileSync(packBusybox(busybox!, engine.root)));
    const [line] = await load(rootfs);
    expect(line).toMatch(
      /"error":"the archive cannot be used: there is no image in it, it seems to be a root file system/,
    );
    expect((await load(tarOf([{ name: 'Chart.yaml', data: 'x' }])))[0]).toMatch(/Helm chart/);
    expect((await load(Buffer.from('no tar at all'.repeat(100))))[0]).toMatch(/not a tar/);
  });

  it('name their images by lists of names, in whatever case, and none as the built-in one', async () => {
    const archive = (item: object) =>
      tarOf([
        { name: 'c', data: json({ rootfs: { diff_ids: [] } }) },
        { name: 'manifest.json', data: json([item]) },
      ]);
    expect(await load(archive({ config: 'c', layers: null, REPOTAGS: ['any:case'] }))).toEqual([
      '{"stream":"Loaded image: any:case\\n"}',
    ]);
    await remove('any:case');
    const refused = async (RepoTags: unknown) => (await load(archive({ Config: 'c', RepoTags }))).join();
    expect(await refused('a:1')).toContain('manifest.json does not say what names an image has');
    expect(await refused(['tcompose/host'])).toContain(
      'is the built-in image; its name cannot be given away',
    );
  });

  it('may be OCI layouts in any order, of which the fitting platform is taken', async () => {
    const layer = tarOf([{ name: 'f', data: 'x' }]);
    const blobs: Entry[] = [];
    const put = (bytes: Buffer, more: object = {}) => {
      blobs.push({ name: `./blobs/sha256/${sha(bytes).slice(7)}`, data: bytes });
      return { digest: sha(bytes), size: bytes.length, ...more };
    };
    const image = (architecture: string, packed: Buffer) =>
      put(
        json({
          schemaVersion: 2,
          config: put(
            json({ architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [sha(layer)] } }),
          ),
          layers: [put(packed, { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' })],
        }),
        { mediaType: 'application/vnd.oci.image.manifest.v1+json', platform: { os: 'linux', architecture } },
      );
    const own = process.arch === 'x64' ? 'amd64' : 'arm64';
    const index = put(
      json({
        manifests: [
          { ...image('s390x', gzipSync(layer)), platform: { os: 'linux', architecture: 's390x' } },
          image(own, gzipSync(layer)),
        ],
      }),
    );
    const annotations = { 'io.containerd.image.name': 'docker.io/library/multi:3' };
    const archive = tarOf([
      { name: './index.json', data: json({ manifests: [{ ...index, annotations }] }) },
      ...blobs.reverse(),
      { name: './oci-layout', data: '{}' },
    ]);
    const lines = await load(archive, 0);
    expect(lines[0]).toMatch(
      /"status":"Loading layer","progressDetail":\{"current":\d+,"total":\d+\},"progress":"\[=/,
    );
    expect(lines.at(-1)).toBe('{"stream":"Loaded image: multi:3\\n"}');
    expect((await inspect('multi:3')).json.Architecture).toBe(own);
    const { body } = await raw('POST', '/images/load?platform=linux/s390x', archive);
    expect(body.toString()).toContain('Loaded image: multi:3');
    // What is saved has the index in it, and one of its platforms.
    const saved = await raw('GET', '/images/get?names=multi:3');
    const members = await membersOf(saved.body);
    const listed = JSON.parse(members.get('index.json')!.toString());
    expect(listed.manifests).toEqual([expect.objectContaining({ digest: index.digest })]);
    expect(members.has(`blobs/${index.digest.replace(':', '/')}`)).toBe(true);
    expect(await load(saved.body)).toContain('{"stream":"Loaded image: multi:3\\n"}');
    // Both are there now, under one name.
    expect((await inspect('multi:3')).json.Architecture).toBe(own);
    expect((await raw('POST', '/images/load?platform=linux/ppc64le', archive)).body.toString()).toMatch(
      /no image for linux\/ppc64le/,
    );
    await remove('multi:3');
    await remove('multi:3');
  });

  it('keep names with digests that they are saved by', async () => {
    const blobs: Entry[] = [];
    const put = (value: object, mediaType: string) => {
      const bytes = json(value);
      blobs.push({ name: `blobs/sha256/${sha(bytes).slice(7)}`, data: bytes });
      return { mediaType, digest: sha(bytes), size: bytes.length };
    };
    const config = put(
      { architecture: process.arch === 'x64' ? 'amd64' : 'arm64', os: 'linux', rootfs: { diff_ids: [] } },
      'application/vnd.oci.image.config.v1+json',
    );
    const manifest = put({ config, layers: [] }, 'application/vnd.oci.image.manifest.v1+json');
    const index = put({ manifests: [manifest] }, 'application/vnd.oci.image.index.v1+json');
    const named = [index, manifest].map(
      (one, at) => `reg.example/pinned${at === 0 ? ':1' : ''}@${one.digest}`,
    );
    const entries = [index, manifest].map((one, at) => ({
      ...one,
      annotations: { 'io.containerd.image.name': named[at] },
    }));
    const archive = tarOf([{ name: 'index.json', data: json({ manifests: entries }) }, ...blobs]);
    const digests = [index, manifest].map(({ digest }) => `reg.example/pinned@${digest}`);
    const said = digests.map((name) => `{"stream":"Loaded image: ${name}\\n"}`);
    const check = async () => {
      const { json: image } = await inspect(encodeURIComponent(digests[0]!));
      expect([image.RepoTags, [...image.RepoDigests].sort()]).toEqual([[], [...digests].sort()]);
      // Nobody who prunes takes what was asked for by its digest.
      await engine.api('POST', '/images/prune');
    };
    expect((await load(archive)).sort()).toEqual([...said].sort());
    await check();
    const query = named.map((name) => `names=${encodeURIComponent(name)}`).join('&');
    const { body } = await raw('GET', `/images/get?${query}`);
    const { json: image } = await inspect(encodeURIComponent(digests[1]!));
    await remove(image.Id);
    expect((await inspect(encodeURIComponent(digests[0]!))).status).toBe(404);
    expect((await load(body)).sort()).toEqual([...said].sort());
    await check();
    await remove(image.Id);
  });

  it('are made of containers: what changed is a layer, what is hidden stays hidden', async () => {
    const create = await engine.api<{ Id: string }>('POST', '/containers/create?name=worker', {
      Image: 'bb:1',
      Env: ['FROM_CREATE=1'],
      Cmd: ['sh', '-c', 'rm /etc/passwd; mkdir /new; echo hello > /new/file; chown 7:8 /new/file'],
    });
    expect(create.status).toBe(201);
    await engine.api('POST', '/containers/worker/start');
    await engine.api('POST', '/containers/worker/wait');
    const made = await engine.api<{ Id: string }>(
      'POST',
      '/commit?container=worker&repo=bb&tag=2&comment=why&author=me&changes=ENV%20A=1%0ACMD%20%5B%22cat%22%5D',
    );
    expect([made.status, made.text]).toEqual([201, expect.stringContaining('sha256:')]);
    const { json: image } = await inspect('bb:2');
    const { json: parent } = await inspect('bb:1');
    expect(image).toMatchObject({ Id: made.json.Id, Author: 'me', Comment: 'why', Parent: parent.Id });
    expect(image.RootFS.Layers.slice(0, -1)).toEqual(parent.RootFS.Layers);
    expect(image.Config).toMatchObject({
      Cmd: ['cat'],
      Env: expect.arrayContaining(['FROM_CREATE=1', 'A=1']),
    });
    const { json: history } = await engine.api<ImageHistoryEntry[]>('GET', '/images/bb:2/history');
    expect(history.map(({ Id, Size, Comment }) => [Id, Size, Comment])).toEqual([
      [image.Id, 6, 'why'],
      ['<missing>', parent.Size, 'Imported from -'],
    ]);
    const members = await membersOf((await raw('GET', '/images/bb:2/get')).body);
    const layers = JSON.parse(members.get('manifest.json')!.toString())[0].Layers as string[];
    const top = await membersOf(gunzipSync(members.get(layers.at(-1)!)!));
    expect([...top.keys()].sort()).toEqual(['etc/', 'etc/.wh.passwd', 'new/', 'new/file']);
    await engine.api('DELETE', '/containers/worker');
    const again = await engine.api<{ Id: string }>('POST', '/containers/create?name=again', {
      Image: 'bb:2',
      Cmd: ['sh', '-c', 'test ! -e /etc/passwd && stat -c "%u %g" /new/file && cat /new/file'],
    });
    expect(again.status).toBe(201);
    await engine.api('POST', '/containers/again/start');
    await engine.api('POST', '/containers/again/wait');
    expect((await engine.api('GET', '/containers/again/logs?stdout=1')).text).toMatch(/7 8[\s\S]*hello/);
    await engine.api('DELETE', '/containers/again');
    await remove('bb:2');
  });

  /** An archive of an image with busybox in its lowest layer. */
  function manyLayers(count: number): Buffer {
    const rootfs = gunzipOrNot(readFileSync(packBusybox(busybox!, engine.root)));
    const layers = [
      rootfs,
      ...Array.from({ length: count - 1 }, (_, index) => tarOf([{ name: `f${index}`, data: '' }])),
    ];
    const config = json({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: layers.map(sha) },
    });
    return tarOf([
      ...layers.map((data, index) => ({ name: `${index}.tar`, data })),
      { name: 'config.json', data: config },
      {
        name: 'manifest.json',
        data: json([
          { Config: 'config.json', RepoTags: ['many:1'], Layers: layers.map((_, index) => `${index}.tar`) },
        ]),
      },
    ]);
  }

  it('of many layers run, and those of too many are refused', async () => {
    const most = whyTooManyLayers(341) === undefined ? 490 : 340;
    expect(await load(manyLayers(most + 1))).toEqual([
      expect.stringContaining(`${most + 1} layers, and ${most} are the most`),
    ]);
    expect(await load(manyLayers(most))).toEqual(['{"stream":"Loaded image: many:1\\n"}']);
    const create = await engine.api('POST', '/containers/create?name=many', {
      Image: 'many:1',
      Cmd: ['sh', '-c', 'ls / | grep -c ^f'],
    });
    expect(create.status).toBe(201);
    const start = await engine.api('POST', '/containers/many/start');
    expect([start.status, start.text]).toEqual([204, '']);
    await engine.api('POST', '/containers/many/wait');
    expect((await engine.api('GET', '/containers/many/logs?stdout=1')).text).toContain(`${most - 1}`);
    // Its files are copied, its changes told and its commands run by other mounts of the same layers.
    const copied = await engine.api('GET', '/containers/many/archive?path=/f1');
    expect(copied.status).toBe(200);
    await engine.api('DELETE', '/containers/many');
    const mounted = await engine.api('POST', '/containers/create?name=mounts', {
      Image: 'bb:1',
      Cmd: ['sh', '-c', 'ls /i | grep -c ^f'],
      HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'image', Source: 'many:1', Target: '/i' }] },
    });
    expect([mounted.status, mounted.text]).toEqual([201, expect.any(String)]);
    expect((await engine.api('POST', '/containers/mounts/start')).status).toBe(204);
    await engine.api('POST', '/containers/mounts/wait');
    expect((await engine.api('GET', '/containers/mounts/logs?stdout=1')).text).toContain(`${most - 1}`);
    await engine.api('DELETE', '/containers/mounts');
    await remove('many:1');
  });

  it('leave nothing when all images are pruned', async () => {
    const list = async () => (await engine.api<ImageSummary[]>('GET', '/images/json')).json;
    expect(
      (await engine.api('POST', `/images/prune?filters=${encodeURIComponent('{"bogus":["x"]}')}`)).status,
    ).toBe(400);
    const keep = await engine.api<{ ImagesDeleted: unknown }>('POST', '/images/prune');
    expect(keep.json.ImagesDeleted).toBeNull();
    expect((await list()).some(({ RepoTags }) => RepoTags.includes('bb:1'))).toBe(true);
    const all = await engine.api<{ ImagesDeleted: object[]; SpaceReclaimed: number }>(
      'POST',
      `/images/prune?filters=${encodeURIComponent('{"dangling":["false"]}')}`,
    );
    expect(all.json.ImagesDeleted.length).toBeGreaterThan(1);
    expect(all.json.SpaceReclaimed).toBeGreaterThan(100_000);
    expect((await list()).map(({ RepoTags }) => RepoTags)).toEqual([['tcompose/host:latest']]);
    const df = await engine.api<{ LayersSize: number }>('GET', '/system/df?type=image');
    expect(df.json).toMatchObject({ LayersSize: 0, KeptBlobs: { Size: 0, Active: 0 } });
  });

  it('are told of with the blobs they came as', async () => {
    const usage = async () =>
      (
        await engine.api<{ LayersSize: number; KeptBlobs: { Size: number; Active: number } }>(
          'GET',
          '/system/df',
        )
      ).json;
    const before = await usage();
    const archive = tarOf([{ name: 'noise', data: Buffer.alloc(100_000, 'noise') }]);
    await raw('POST', '/images/create?fromSrc=-&repo=counted&tag=1&changes=CMD%20x', archive);
    const there = await usage();
    const { Id: id } = (
      await engine.api<{ Id: string }>('POST', '/containers/create', { Image: 'counted:1' })
    ).json;
    const active = await usage();
    const blobs = there.KeptBlobs.Size - before.KeptBlobs.Size;
    expect(there.LayersSize - before.LayersSize).toBe(100_000 + blobs);
    expect(blobs).toBeGreaterThan(300);
    expect(active.KeptBlobs.Active - before.KeptBlobs.Active).toBe(blobs);
    await engine.api('DELETE', `/containers/${id}`);
    await remove('counted:1');
    expect((await usage()).LayersSize).toBe(before.LayersSize);
  });

  describe('imports an address', () => {
    let server: Server;
    let address = '';
    const rootfs = tarOf([{ name: 'motd', data: 'hello' }]);
    beforeAll(async () => {
      server = createServer((incoming, answer) => {
        if (incoming.url === '/moved') return void answer.writeHead(302, { location: '/rootfs.tar' }).end();
        if (incoming.url === '/cut') {
          answer.writeHead(200, { 'content-length': rootfs.length }).write(rootfs.subarray(0, 700));
          return void setTimeout(() => answer.destroy(), 20);
        }
        if (incoming.url !== '/rootfs.tar') return void answer.writeHead(404).end();
        answer.end(rootfs);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => server.close());
    const from = (source: string) =>
      raw('POST', `/images/create?fromSrc=${encodeURIComponent(source)}&repo=far&tag=1`);

    it('that is there, or leads on', async () => {
      for (const path of ['/rootfs.tar', '/moved']) {
        const { status, body } = await from(`${address}${path}`);
        const lines = body.toString().split('\r\n').filter(Boolean);
        expect(status).toBe(200);
        expect(JSON.parse(lines[0]!)).toEqual({ status: `Downloading from ${address}${path}` });
        expect(JSON.parse(lines.at(-1)!).status).toMatch(/^sha256:/);
        expect((await inspect('far:1')).json.Id).toBe(JSON.parse(lines.at(-1)!).status);
        await remove('far:1');
      }
    });

    it('or says why not', async () => {
      const missing = await from(`${address}/nothing`);
      expect([missing.status, missing.body.toString()]).toEqual([
        404,
        expect.stringContaining('/nothing cannot be fetched: the answer was 404'),
      ]);
      expect((await from('ftp://example.invalid/x')).status).toBe(400);
      const cut = await from(`${address}/cut`);
      expect(cut.body.toString()).toMatch(/errorDetail/);
      expect((await inspect('far:1')).status).toBe(404);
    });
  });

  it('keeps to the size that engine.json allows a layer', async () => {
    const settings = join(engine.root, 'etc', 'engine.json');
    mkdirSync(dirname(settings), { recursive: true });
    const archive = tarOf([{ name: 'large', data: 'x'.repeat(5000) }]);
    const load = () => raw('POST', '/images/create?fromSrc=-&repo=large&tag=1', archive);
    try {
      writeFileSync(settings, JSON.stringify({ images: { largestLayerGiB: 4000 / 2 ** 30 } }));
      const refused = await load();
      expect([refused.status, refused.body.toString()]).toEqual([
        400,
        expect.stringMatching(/more than 4000 bytes.*largestLayerGiB/),
      ]);
      writeFileSync(settings, JSON.stringify({ images: { largestLayerGiB: 6000 / 2 ** 30 } }));
      expect((await load()).status).toBe(200);
    } finally {
      rmSync(settings);
    }
  });
});

const gunzipOrNot = (bytes: Buffer): Buffer => (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes);
