import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImageInspect } from '../../../src/engine/api/image.ts';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';
import {
  type FaultyRegistry,
  resetSettled,
  startFaultyRegistry,
  whyNoFaultyRegistry,
} from '../../support/faulty-registry.ts';
import { errorOf, type TransferOptions, transfer as transferOf } from '../../support/transfer.ts';

const why = whyNoEngine() ?? whyNoFaultyRegistry;
if (why) console.log(`skipped: ${why}`);

/** As newer clients send it. */
const platformOf = (architecture: string) => ({ os: 'linux', architecture });

const user = { username: 'user', password: 'secret' };
/** Names that are not those of known layers are told by what they stand for. */
const at1970 = '0001-01-01T00:00:00Z';

describe.skipIf(why)('images of a registry', () => {
  let engine: TestEngine;
  let registry: FaultyRegistry;
  let host = '';
  beforeAll(async () => {
    engine = await startTestEngine();
    registry = await startFaultyRegistry();
    host = registry.host;
  });
  afterAll(async () => {
    registry?.close();
    expect(await engine?.stop()).toEqual([]);
  });
  beforeEach(async () => {
    registry.setFaults({});
    await clear();
    await resetSettled(registry);
  });

  /** Takes all images away, and what broken pulls left. */
  async function clear(): Promise<void> {
    const { json } = await engine.retry<{ Id: string; RepoTags: string[] }[]>('GET', '/images/json');
    for (const { Id, RepoTags } of json) {
      if (!RepoTags.includes('tcompose/host:latest')) await engine.retry('DELETE', `/images/${Id}?force=1`);
    }
  }

  const transfer = (path: string, options?: TransferOptions) => transferOf(engine.socket, path, options);
  const pull = (tag: string, options: TransferOptions & { platform?: string } = {}) =>
    transfer(
      `/images/create?fromImage=${host}/faulty/app&tag=${tag}${
        options.platform === undefined ? '' : `&platform=${encodeURIComponent(options.platform)}`
      }`,
      options,
    );
  const inspect = async (name: string) =>
    (await engine.api<ImageInspect>('GET', `/images/${encodeURIComponent(name)}/json`)).json;

  it('are fetched with the lines that dockerd tells', async () => {
    const { status, lines, text, broken } = await pull('latest');
    expect({ status, broken }).toEqual({ status: 200, broken: false });
    expect(text.endsWith('\r\n')).toBe(true);
    expect(
      text
        .split('\n')
        .slice(0, -1)
        .every((line) => line.endsWith('\r')),
    ).toBe(true);
    expect(lines[0]).toEqual({ status: 'Pulling from faulty/app', id: 'latest' });
    for (const digest of registry.image.layers) {
      const id = digest.slice('sha256:'.length, 'sha256:'.length + 12);
      const states = lines.filter((line) => line.id === id).map((line) => line.status);
      const distinct = states.filter((state, index) => state !== states[index - 1]);
      expect(distinct.filter((state) => state !== 'Waiting' && state !== 'Extracting')).toEqual([
        'Pulling fs layer',
        'Downloading',
        'Verifying Checksum',
        'Download complete',
        'Pull complete',
      ]);
    }
    expect(lines.at(-2)!.status).toMatch(/^Digest: sha256:[0-9a-f]{64}$/);
    expect(lines.at(-1)).toEqual({ status: `Status: Downloaded newer image for ${host}/faulty/app:latest` });
    const image = await inspect(`${host}/faulty/app`);
    expect(image).toMatchObject({
      Id: registry.image.config,
      RepoTags: [`${host}/faulty/app:latest`],
      RepoDigests: [`${host}/faulty/app@${lines.at(-2)!.status!.slice('Digest: '.length)}`],
      Architecture: 'amd64',
      Os: 'linux',
      RootFS: { Layers: registry.image.diffIds },
      Config: { Cmd: ['/bin/one'] },
    });
    expect(image.Metadata.LastTagTime).not.toBe(at1970);
  });

  it('that are there cost one HEAD', async () => {
    await pull('index');
    await resetSettled(registry);
    const { lines } = await pull('index');
    expect(registry.stats().log.map(({ method }) => method)).toEqual(['HEAD']);
    expect(lines.map(({ status }) => status)).toEqual([
      'Pulling from faulty/app',
      expect.stringMatching(/^Digest: /),
      `Status: Image is up to date for ${host}/faulty/app:index`,
    ]);
  });

  const good =
    'latest oci index list nested nested-platform no-platform unknown-type zstd plain same-layer-twice foreign sha512 huge-manifest no-mediatype';
  it.each(good.split(' '))('in the form %s are stored', async (tag) => {
    const answer = await pull(tag);
    expect(errorOf(answer)).toBeUndefined();
    for (const [digest, count] of Object.entries(registry.stats().blobs)) {
      expect(count, digest).toMatchObject({ get: 1, complete: 1 });
    }
    expect((await inspect(`${host}/faulty/app:${tag}`)).RootFS.Layers).toHaveLength(3);
  });

  it.each<[string, RegExp]>([
    ['other-arch', /no matching manifest for linux\/amd64 in the manifest list entries/],
    ['attest-only', /no matching manifest/],
    ['wrong-diffid', /./],
    ['wrong-size', /it has \d+ bytes there/],
    ['fewer-diffids', /layers from manifest don't match image configuration/],
    ['missing-blob', /blob unknown/],
    ['helm', /Helm chart/],
    ['schema1', /schema 1/],
    ['text', /not JSON/],
  ])('in the form %s are refused in a sentence, and nothing is left', async (tag, words) => {
    const answer = await pull(tag);
    expect(answer.status).toBe(200);
    expect(answer.lines[0]).toEqual({ status: 'Pulling from faulty/app', id: tag });
    expect(errorOf(answer)).toMatch(words);
    expect(answer.lines.at(-1)!.errorDetail?.tcompose?.code).toMatch(/^(REGISTRY|IMAGE)_/);
    const { json } = await engine.api<{ RepoTags: string[] }[]>('GET', '/images/json');
    expect(json.map(({ RepoTags }) => RepoTags)).toEqual([['tcompose/host:latest']]);
  });

  it.each<[string, number, RegExp]>([
    ['fromImage=127.0.0.1:1/x&tag=1', 500, /127\.0\.0\.1:1 cannot be reached to pull .*connection refused/],
    ['fromImage=scratch&tag=latest', 403, /'scratch' is a reserved name/],
    ['fromImage=a/BAD&tag=1', 400, /must be lowercase/],
    ['fromImage=HOST/faulty/app&tag=none', 404, /manifest unknown/],
    ['fromImage=HOST/faulty/app&tag=1&platform=a/b/c/d', 400, /is not a platform/],
    ['fromImage=HOST/faulty/app&tag=sha256:00', 400, /digest/],
  ])('that can not be had are refused at once: %s', async (query, status, words) => {
    const answer = await transfer(`/images/create?${query.replace('HOST', host)}`);
    expect(answer.status).toBe(status);
    expect(answer.lines[0]!.message).toMatch(words);
  });

  it('come by digest, and all tags of a repository at once', async () => {
    const first = await pull('oci');
    const digest = first.lines.at(-2)!.status!.slice('Digest: '.length);
    await clear();
    const { lines } = await pull(digest);
    expect(lines[0]).toEqual({ status: 'Pulling from faulty/app', id: `${host}/faulty/app@${digest}` });
    expect(lines.at(-1)!.status).toBe(`Status: Downloaded newer image for ${host}/faulty/app@${digest}`);
    expect(await inspect(`${host}/faulty/app@${digest}`)).toMatchObject({
      RepoTags: [],
      RepoDigests: [`${host}/faulty/app@${digest}`],
    });
  });

  it('of two platforms under one name go with the name', async () => {
    for (const platform of ['linux/amd64', 'linux/arm64'])
      expect(errorOf(await pull('index', { platform }))).toBeUndefined();
    const name = `${host}/faulty/app:index`;
    const asked = encodeURIComponent(JSON.stringify(platformOf('arm64')));
    const arm = await engine.api<ImageInspect>('GET', `/images/${name}/json?platform=${asked}`);
    expect(arm.json.Architecture).toBe('arm64');
    const { json } = await engine.api<{ Untagged?: string; Deleted?: string }[]>('DELETE', `/images/${name}`);
    expect(json.filter(({ Untagged }) => Untagged === name)).toHaveLength(1);
    expect(json.map(({ Deleted }) => Deleted)).toEqual(
      expect.arrayContaining([registry.image.config, arm.json.Id]),
    );
    expect((await engine.api('GET', `/images/${name}/json`)).status).toBe(404);
  });

  it('of another platform are told apart', async () => {
    expect(errorOf(await pull('index', { platform: 'linux/arm64' }))).toBeUndefined();
    const warned = await pull('latest', { platform: 'linux/s390x' });
    expect(warned.lines.map(({ status }) => status)).toContainEqual(
      expect.stringMatching(/^WARNING: image with reference .* \(linux\/amd64\) does not match/),
    );
    const again = await pull('latest', { platform: 'linux/s390x' });
    expect(again.lines.map(({ status }) => status)).toContain(
      `Status: Image is up to date for ${host}/faulty/app:latest`,
    );
    const name = `${host}/faulty/app:latest`;
    const other = /its platform \(linux\/amd64\) does not match the specified platform \(linux\/s390x\)/;
    const saved = await engine.api<{ message: string }>('GET', `/images/${name}/get?platform=linux/s390x`);
    expect([saved.status, saved.json.message]).toEqual([404, expect.stringMatching(other)]);
    const push = (platform: string) =>
      transfer(
        `/images/${host}/faulty/app/push?tag=latest&platform=${encodeURIComponent(JSON.stringify(platformOf(platform)))}`,
      );
    expect(errorOf(await push('s390x'))).toMatch(other);
    expect(errorOf(await push('amd64'))).toBeUndefined();
  });

  it('of all tags of a repository are told of with one word at the end', async () => {
    await clear();
    const other = await startFaultyRegistry();
    try {
      await pull('latest');
      const name = `${other.host}/all/of`;
      for (const tag of ['1', '2']) {
        await engine.api('POST', `/images/${host}/faulty/app:latest/tag?repo=${name}&tag=${tag}`);
        expect(errorOf(await transfer(`/images/${name}/push?tag=${tag}`))).toBeUndefined();
      }
      await engine.api('DELETE', `/images/${name}:2`);
      const words = async () =>
        (await transfer(`/images/create?fromImage=${name}`)).lines
          .map(({ status }) => status)
          .filter((status) => /^(?:Status|Digest|Pulling from)/.test(status ?? ''));
      const pulled = ['Pulling from all/of', expect.stringMatching(/^Digest: sha256:/)];
      expect(await words()).toEqual([...pulled, ...pulled, `Status: Downloaded newer image for ${name}`]);
      expect(await words()).toEqual([...pulled, ...pulled, `Status: Image is up to date for ${name}`]);
    } finally {
      other.close();
    }
  });

  it('want credentials where the registry does', async () => {
    registry.setFaults({ auth: 'bearer' });
    const refused = await pull('latest');
    expect(refused.status).toBe(404);
    expect(refused.lines[0]!.message).toMatch(/no anonymous access/);
    expect(errorOf(await pull('latest', { credentials: user }))).toBeUndefined();
    expect(registry.stats().leaks).toEqual([]);
    const good = await engine.api('POST', '/auth', { ...user, serveraddress: host });
    expect(good).toMatchObject({ status: 200, json: { Status: 'Login Succeeded', IdentityToken: '' } });
    const bad = await engine.api<{ message: string }>('POST', '/auth', {
      username: 'user',
      password: 'no',
      serveraddress: `http://${host}/v2/`,
    });
    expect(bad.status).toBe(401);
    expect(bad.json.message).toMatch(/incorrect username or password/);
  });

  it('are told of without being fetched', async () => {
    const { json, status } = await engine.api<{ Descriptor: object; Platforms: object[] }>(
      'GET',
      `/distribution/${encodeURIComponent(`${host}/faulty/app:index`)}/json`,
    );
    expect(status).toBe(200);
    expect(json.Descriptor).toMatchObject({ mediaType: 'application/vnd.oci.image.index.v1+json' });
    expect(json.Platforms).toHaveLength(4);
    const one = await engine.api<{ Platforms: object[] }>('GET', `/distribution/${host}/faulty/app:oci/json`);
    expect(one.json.Platforms).toEqual([{ architecture: 'amd64', os: 'linux' }]);
    expect((await engine.api('GET', `/distribution/${host}/faulty/app:none/json`)).status).toBe(404);
  });

  it('are missed by their names when a container is to be made of one', async () => {
    const answer = await engine.api<{ message: string }>('POST', '/containers/create', { Image: 'nonexist' });
    expect(answer.status).toBe(404);
    expect(answer.json.message).toMatch(/^No such image: nonexist:latest/);
  });

  it('whose pull is given up go on with what there is', async () => {
    registry.setFaults({ blob: [{ match: 'layer:1', fault: 'drip', rate: 1_000_000 }] });
    const given = await pull('latest', {
      each: (line) => (line.progressDetail?.current ?? 0) < 300_000,
    });
    expect(given.broken).toBe(true);
    await until(() => {
      const { log } = registry.stats();
      return log.every(({ status }) => status !== undefined);
    }, 'the transfer to end');
    await resetSettled(registry);
    registry.setFaults({});
    expect(errorOf(await pull('latest'))).toBeUndefined();
    const count = registry.stats().blobs[registry.image.layers[1]!]!;
    expect(count.ranges).toHaveLength(1);
  });

  it('are fetched once by all who want them', async () => {
    registry.setFaults({ blob: [{ match: '*', fault: 'drip', rate: 2_000_000 }] });
    const all = await Promise.all(['latest', '1', 'oci', 'index'].map((tag) => pull(tag)));
    expect(all.map(errorOf)).toEqual([undefined, undefined, undefined, undefined]);
    for (const [digest, count] of Object.entries(registry.stats().blobs)) {
      expect(count, digest).toMatchObject({ get: 1 });
    }
  });

  it('that share layers, compressed in different ways, come at the same time, and no tree is left', async () => {
    for (let round = 0; round < 5; round++) {
      const all = await Promise.all(good.split(' ').map((tag) => pull(tag)));
      expect(all.map(errorOf)).toEqual(all.map(() => undefined));
      const layers = join(engine.root, 'lib', 'layers');
      expect(readdirSync(layers).length).toBeLessThanOrEqual(6);
      await until(() => readdirSync(join(engine.root, 'lib', 'tmp')).length === 0, 'no tree to be left');
      await clear();
    }
  });

  it('go to a registry with the bytes they came with', async () => {
    const { lines } = await pull('oci');
    const digest = lines.at(-2)!.status!.slice('Digest: '.length);
    const other = await startFaultyRegistry();
    try {
      const target = `${other.host}/team/app`;
      await engine.api('POST', `/images/${host}/faulty/app:oci/tag?repo=${target}&tag=1`);
      const pushed = await transfer(`/images/${target}/push?tag=1`);
      expect(pushed.lines[0]).toEqual({ status: `The push refers to repository [${target}]` });
      expect(pushed.lines.filter(({ status }) => status === 'Pushed')).toHaveLength(3);
      expect(pushed.lines.at(-1)!.aux).toMatchObject({ Tag: '1', Digest: digest });
      const again = await transfer(`/images/${target}/push`);
      expect(again.lines.filter(({ status }) => status === 'Layer already exists')).toHaveLength(3);
      expect((await inspect(target.concat(':1'))).RepoDigests).toContain(`${target}@${digest}`);
      const unknown = await transfer(`/images/${other.host}/team/none/push?tag=1`);
      expect(unknown.status).toBe(200);
      expect(errorOf(unknown)).toMatch(/^An image does not exist locally with the tag: .*team\/none/);
      expect(errorOf(await transfer('/images/tcompose/host/push?tag=latest'))).toMatch(
        /programs of this machine/,
      );
    } finally {
      other.close();
    }
  });

  it('are recorded in the journal of events', async () => {
    const since = Math.floor(Date.now() / 1000) - 1;
    await pull('latest');
    await engine.api('POST', `/images/${host}/faulty/app/tag?repo=docker.io/library/short&tag=1`);
    const { text } = await engine.api(
      'GET',
      `/events?since=${since}&until=${Math.floor(Date.now() / 1000) + 1}`,
    );
    const events = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { Type: string; Action: string; Actor: { ID: string } });
    expect(events).toContainEqual(
      expect.objectContaining({
        Type: 'image',
        Action: 'pull',
        Actor: expect.objectContaining({ ID: `${host}/faulty/app:latest` }),
      }),
    );
    // Names are those that people use, whatever clients make of them.
    const attributes = expect.objectContaining({ name: 'short:1' });
    expect(events).toContainEqual(
      expect.objectContaining({ Action: 'tag', Actor: expect.objectContaining({ Attributes: attributes }) }),
    );
  });

  const moments = Array.from({ length: 30 }, (_, index) => index + 1);
  it.each(moments)('are fetched after an engine that was killed at line %d', async (count) => {
    registry.setFaults({ blob: [{ match: '*', fault: 'drip', rate: 1_500_000 }] });
    const pid = await engine.enginePid();
    await pull('latest', {
      each: (_line, at) => {
        if (at === count) process.kill(pid, 'SIGKILL');
        return undefined;
      },
    }).catch(() => undefined);
    registry.setFaults({});
    const again = await engine.retry('GET', '/_ping').then(() => pull('latest'));
    expect(errorOf(again)).toBeUndefined();
    expect(await inspect(`${host}/faulty/app`)).toMatchObject({ Id: registry.image.config });
    const staging = join(engine.root, 'lib', 'tmp');
    await until(() => !existsSync(staging) || readdirSync(staging).length === 0, 'nothing to be under way');
  });
});
