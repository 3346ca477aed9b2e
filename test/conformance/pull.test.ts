import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pullImage } from '../../src/engine/images/pull/pull-image.ts';
import { createRegistries } from '../../src/engine/images/registries.ts';
import type { TransferProgress } from '../../src/engine/images/transfer-progress.ts';
import type { ImageContent, ImageRecord } from '../../src/image/index.ts';
import { parsePlatform } from '../../src/image/platform.ts';
import { parseReference, withDefaultTag } from '../../src/image/reference.ts';
import type { RegistryCredentials } from '../../src/registry/auth/credentials.ts';
import { createRegistryClient } from '../../src/registry/client.ts';
import { fetchManifest } from '../../src/registry/content/fetch-manifest.ts';
import { certificatePlaces } from '../../src/registry/settings/certificates.ts';
import { defaultRegistrySettings } from '../../src/registry/settings/registry-settings.ts';
import {
  type FaultyRegistry,
  resetSettled,
  startFaultyRegistry,
  whyNoFaultyRegistry,
} from '../support/faulty-registry.ts';
import { createMemoryContent, type MemoryContent } from '../support/memory-content.ts';
import { eachInDirectory } from '../support/temporary-directory.ts';

if (whyNoFaultyRegistry !== undefined) console.warn(`skipped: pulls (${whyNoFaultyRegistry})`);

const own = { os: 'linux', architecture: 'amd64' };
const user = { username: 'user', password: 'secret' };

interface Outcome {
  readonly error: (Error & { code?: string; hint?: string }) | undefined;
  readonly record: ImageRecord | undefined;
  readonly told: TransferProgress[];
  readonly content: MemoryContent;
}

describe.skipIf(whyNoFaultyRegistry !== undefined)('a pull', () => {
  let registry: FaultyRegistry;
  let directory = '';
  beforeAll(async () => {
    registry = await startFaultyRegistry();
  });
  afterAll(() => registry.close());
  eachInDirectory((made) => {
    directory = made;
  });

  async function pull(
    tag: string,
    options: {
      readonly faults?: object;
      readonly credentials?: RegistryCredentials;
      readonly platform?: string;
      readonly content?: MemoryContent;
      readonly signal?: AbortSignal;
      readonly told?: (progress: TransferProgress) => void;
      readonly config?: object;
      readonly trace?: boolean;
    } = {},
  ): Promise<Outcome> {
    if (options.faults !== undefined) {
      await resetSettled(registry);
      registry.setFaults(options.faults);
    }
    const content = options.content ?? createMemoryContent();
    const config = join(directory, 'engine.json');
    // Short only where nothing is to come: a busy machine keeps what is on its way from this process for as long.
    const stallSeconds = JSON.stringify(options.faults ?? {}).includes('stall') ? 0.3 : 60;
    writeFileSync(config, JSON.stringify({ registries: { stallSeconds, ...options.config } }));
    const registries = createRegistries({
      config,
      env: {},
      version: 'test',
      now: () => Date.now(),
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const told: TransferProgress[] = [];
    const separator = tag.startsWith('sha256:') ? '@' : ':';
    try {
      const record = await pullImage(
        {
          registries,
          content: content as unknown as ImageContent,
          get: (name) => {
            const id = content.names.get(name);
            const tags = [...content.names].flatMap(([tag, of]) => (of === id ? [tag] : []));
            return id === undefined
              ? undefined
              : ({ id, tags, repoDigests: [] as string[] } as Partial<ImageRecord> as ImageRecord);
          },
          own,
          isRun: (architecture) => architecture !== 's390x',
        },
        {
          reference: withDefaultTag(parseReference(`${registry.host}/faulty/app${separator}${tag}`)),
          platform: options.platform === undefined ? undefined : parsePlatform(options.platform, own),
          credentials: options.credentials ?? {},
          trace: options.trace === true,
          proxies: {},
          signal: options.signal ?? AbortSignal.timeout(100_000),
        },
        (progress) => {
          told.push(progress);
          options.told?.(progress);
        },
      );
      return { record, told, content, error: undefined };
    } catch (error) {
      return { record: undefined, told, content, error: error as Error };
    } finally {
      registries.client.close();
      if (options.content === undefined) expect(content.openWriters()).toBe(0);
      expect(registry.stats().leaks).toEqual([]);
    }
  }

  const good =
    'latest oci index list nested nested-platform no-platform unknown-type zstd plain same-layer-twice foreign sha512 huge-manifest no-mediatype';
  it.each(good.split(' '))('of %s stores it', async (tag) => {
    const { error, record, content } = await pull(tag, { faults: {} });
    expect(error).toBeUndefined();
    const { blobs } = registry.stats();
    for (const [digest, count] of Object.entries(blobs)) {
      expect(count, digest).toMatchObject({ get: 1, complete: 1 });
      expect(content.blobs.has(digest)).toBe(true);
    }
    expect(content.names.get(`${registry.host}/faulty/app:${tag}`)).toBe(record!.id);
  });

  it.each<[string, string, RegExp]>([
    ['other-arch', 'IMAGE_PLATFORM', /no matching manifest for linux\/amd64/],
    ['attest-only', 'IMAGE_PLATFORM', /no matching manifest/],
    ['empty-index', 'IMAGE_PLATFORM', /no matching manifest/],
    ['wrong-diffid', 'IMAGE_ARCHIVE', /DiffID/],
    ['wrong-size', 'REGISTRY_CONTENT', /it has \d+ bytes there and not \d+/],
    ['fewer-diffids', 'REGISTRY_CONTENT', /layers from manifest don't match/],
    ['missing-blob', 'REGISTRY_CONTENT', /blob unknown/],
    ['artifact', 'REGISTRY_UNSUPPORTED', /vnd\.example\.thing/],
    ['helm', 'REGISTRY_UNSUPPORTED', /Helm chart/],
    ['bad-digest', 'REGISTRY_CONTENT', /the digest of layer 0/],
    ['text', 'REGISTRY_CONTENT', /not JSON/],
    ['type-mismatch', 'REGISTRY_CONTENT', /declares itself/],
    ['ambiguous', 'REGISTRY_CONTENT', /an index and an image/],
    ['schema1', 'REGISTRY_UNSUPPORTED', /schema 1/],
    ['nowhere', 'REGISTRY_NOT_FOUND', /manifest unknown/],
  ])('of %s is refused: %s', async (tag, code, words) => {
    const { error, content } = await pull(tag, { faults: {} });
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
    expect(content.committed).toEqual([]);
  });

  it('takes the platform that is asked for, or warns when there is no other', async () => {
    const arm = await pull('index', { faults: {}, platform: 'linux/arm64' });
    expect(arm.error).toBeUndefined();
    const other = await pull('oci', { faults: {}, platform: 'linux/s390x' });
    expect(other.told).toContainEqual({
      kind: 'warning',
      text: expect.stringMatching(/does not match the specified platform \(linux\/s390x\)/),
    });
    expect(arm.record!.id).not.toBe(other.record!.id);
    expect((await pull('index', { faults: {}, platform: 'linux/s390x' })).error).toMatchObject({
      code: 'IMAGE_PLATFORM',
      hint: 'It has linux/arm64, linux/arm/v7, linux/amd64. Take one with --platform, or platform: in a compose file.',
    });
    expect((await pull('other-arch', { faults: {} })).error).toMatchObject({
      hint: expect.stringMatching(/^It has linux\/s390x \(which needs an interpreter/),
    });
  });

  it('names a blob that the registry lacks', async () => {
    const { error } = await pull('missing-blob', { faults: {} });
    expect(error).toMatchObject({
      code: 'REGISTRY_CONTENT',
      message: expect.stringMatching(/has no blob sha256:[0-9a-f]{64} of \S+:missing-blob: /),
    });
  });

  it('tells each request to who wants to know', async () => {
    const { told } = await pull('oci', { faults: {}, trace: true });
    expect(told).toContainEqual({
      kind: 'asked',
      text: `HEAD http://${registry.host}/v2/faulty/app/manifests/oci: 200`,
    });
    expect((await pull('oci', { faults: {} })).told.map(({ kind }) => kind)).not.toContain('asked');
  });

  it('records the digest of what was asked for', async () => {
    const { content, told } = await pull('index', { faults: {} });
    const { digest } = told.at(-1) as { digest: string };
    expect(content.committed[0]).toMatchObject({
      tag: `${registry.host}/faulty/app:index`,
      index: { digest },
      repoDigest: { repository: `${registry.host}/faulty/app`, digest, pinned: false },
    });
    const pinned = await pull(digest, { faults: {} });
    expect(pinned.content.committed[0]).toMatchObject({ repoDigest: { digest, pinned: true } });
    expect(pinned.content.committed[0]!.tag).toBeUndefined();
  });

  it('of what did not change is one HEAD', async () => {
    const { content } = await pull('index', { faults: {} });
    await resetSettled(registry);
    const { told, error } = await pull('index', { content });
    expect(error).toBeUndefined();
    expect(registry.stats().log.map(({ method }) => method)).toEqual(['HEAD']);
    expect(told.map(({ kind }) => kind)).toEqual(['pulling', 'pulled']);
    expect(told.at(-1)).toMatchObject({ newer: false });
    expect(content.committed).toHaveLength(2);
  });

  it('of two at once fetches each blob once', async () => {
    const content = createMemoryContent();
    await resetSettled(registry);
    registry.setFaults({ blob: [{ match: '*', fault: 'drip', rate: 2_000_000 }] });
    const all = await Promise.all(['latest', '1', 'oci', 'index'].map((tag) => pull(tag, { content })));
    expect(all.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
    for (const [digest, count] of Object.entries(registry.stats().blobs))
      expect(count, digest).toMatchObject({ get: 1 });
  });

  it.each([1, 2])('downloads no more at once than is allowed: %d', async (parallel) => {
    const { told } = await pull('latest', {
      faults: { blob: [{ match: '*', fault: 'drip', rate: 4_000_000 }] },
      config: { parallel },
    });
    const going = new Set<string>();
    let most = 0;
    for (const progress of told) {
      if (progress.kind === 'bytes' && progress.state === 'downloading') going.add(progress.id);
      if (progress.kind === 'layer' && progress.state === 'verifying') going.delete(progress.id);
      most = Math.max(most, going.size);
    }
    expect(most).toBe(parallel);
  });

  it('that is given up is gone on with by the next, and by who waits for it', async () => {
    const content = createMemoryContent();
    const abort = new AbortController();
    await resetSettled(registry);
    registry.setFaults({ blob: [{ match: 'layer:1', fault: 'drip', rate: 1_000_000 }] });
    const bytes = (progress: TransferProgress) =>
      progress.kind === 'bytes' && progress.total > 1_000_000 && progress.current > 300_000;
    const first = pull('latest', {
      content,
      signal: abort.signal,
      told: (progress) => {
        if (bytes(progress)) abort.abort();
      },
    });
    const second = pull('latest', { content });
    const [one, two] = await Promise.all([first, second]);
    // Whichever of them had the layer: the other one goes on with it.
    expect(two.error).toBeUndefined();
    if (one.error !== undefined) {
      const count = registry.stats().blobs[registry.image.layers[1]!]!;
      expect(count.ranges.length).toBeLessThanOrEqual(1);
    }
  });

  it('that is given up alone leaves what it has', async () => {
    const content = createMemoryContent();
    const abort = new AbortController();
    const { error } = await pull('latest', {
      faults: { blob: [{ match: 'layer:1', fault: 'drip', rate: 1_000_000 }] },
      content,
      signal: abort.signal,
      told: (progress) => {
        if (progress.kind === 'bytes' && progress.total > 1_000_000 && progress.current > 300_000)
          abort.abort();
      },
    });
    expect(error).toBeDefined();
    const again = await pull('latest', { faults: {}, content });
    expect(again.error).toBeUndefined();
    expect(registry.stats().blobs[registry.image.layers[1]!]!.ranges).toHaveLength(1);
  });

  describe('with a mirror', () => {
    let mirror: FaultyRegistry;
    beforeAll(async () => {
      mirror = await startFaultyRegistry();
    });
    afterAll(() => mirror.close());
    const warnings = ({ told }: Outcome) =>
      told.flatMap((progress) => (progress.kind === 'warning' ? [progress.text] : []));
    const through = (faults: object, entry?: object | string, ownFaults: object = {}) => {
      mirror.reset();
      mirror.setFaults(faults);
      const mirrors = { [registry.host]: [entry ?? `http://${mirror.host}`] };
      return pull('latest', { faults: ownFaults, config: { mirrors } });
    };

    it('asks nobody else when it has the image', async () => {
      const outcome = await through({}, undefined, { auth: 'basic' });
      expect(outcome.error).toBeUndefined();
      expect(registry.stats().log).toEqual([]);
      expect(warnings(outcome)).toEqual([]);
      expect(outcome.content.names.has(`${registry.host}/faulty/app:latest`)).toBe(true);
    });

    it.each<[string, object]>([
      ['that has it not', { manifest: { status: 404 } }],
      ['that wants credentials', { auth: 'basic' }],
      ['that has a limit', { manifest: { status: 429, retryAfter: 3600 } }],
      ['that lacks blobs', { blob: [{ match: '*', fault: 'status', status: 404 }] }],
      ['that gives wrong blobs', { blob: [{ match: 'layer:1', fault: 'corrupt' }] }],
      ['that gives web pages', { blob: [{ match: '*', fault: 'html' }] }],
    ])('%s goes on to the registry', async (_, faults) => {
      const outcome = await through(faults);
      expect(outcome.error).toBeUndefined();
      expect(warnings(outcome).length).toBeLessThanOrEqual(1);
    });

    it.each([503, 429])('that answers %d is not waited for', async (status) => {
      const outcome = await through({ manifest: { status, retryAfter: 2 } });
      expect(outcome.error).toBeUndefined();
      expect(mirror.stats().log).toHaveLength(1);
    });

    it('that failed a moment ago is left alone, which an error of the registry says', async () => {
      const registries = createRegistryClient({
        settings: () => ({
          ...defaultRegistrySettings,
          mirrors: { [registry.host]: [{ url: `http://${mirror.host}`, fallback: true }] },
        }),
        certificates: () => certificatePlaces({}),
        now: () => 0,
        userAgent: 'test',
      });
      mirror.reset();
      mirror.setFaults({ manifest: { status: 503 } });
      await resetSettled(registry);
      registry.setFaults({ manifest: { status: 404 } });
      const ask = async () => {
        const session = registries.open(registry.host, { credentials: {}, proxies: {}, notice: () => {} });
        const { signal } = new AbortController();
        const place = { path: 'faulty/app', reference: 'latest', what: 'app', scopes: [], signal };
        return session.across((one) => fetchManifest(one, place)).catch((error: Error) => error.message);
      };
      expect(await ask()).not.toContain(mirror.host);
      expect(await ask()).toContain(`not asked, because of a failure less than 30 s ago: ${mirror.host}`);
      expect(mirror.stats().log).toHaveLength(1);
      registries.close();
    });

    it('that is not there goes on to the registry, with one warning, unless that is not wanted', async () => {
      const gone = 'http://127.0.0.1:1';
      const outcome = await through({}, gone);
      expect(outcome.error).toBeUndefined();
      expect(warnings(outcome)).toEqual([
        expect.stringMatching(/the mirror 127\.0\.0\.1:1 was skipped: .*refused/),
      ]);
      const alone = await through({}, { url: gone, fallback: false });
      expect(alone.error).toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
      expect(registry.stats().log).toEqual([]);
    });

    it('is shown no credentials', async () => {
      mirror.reset();
      mirror.setFaults({});
      const mirrors = { [registry.host]: [`http://${mirror.host}`] };
      expect(
        (await pull('latest', { faults: {}, config: { mirrors }, credentials: user })).error,
      ).toBeUndefined();
      const { log } = mirror.stats() as unknown as { log: { auth?: string }[] };
      expect(log.length).toBeGreaterThan(3);
      expect(log.flatMap(({ auth }) => auth ?? [])).toEqual([]);
    });
  });

  describe('in spite of two faults at once', () => {
    const manifest = {
      'HEAD 405': { manifest: { head: 405 } },
      'no digest': { manifest: { noDigest: true } },
      '503 once': { manifest: { status: 503, times: 1 } },
      'corrupt once': { manifest: { corrupt: 1 } },
    };
    const ranges = {
      'no ranges': { range: false },
      'wrong offset': { range: 'wrong-offset' },
      '416': { range: '416' },
      'no Content-Range': { range: 'no-content-range' },
      ranges: {},
    };
    const entrances = {
      basic: { auth: 'basic' },
      'short tokens': { auth: 'bearer', tokenExpire: 1 },
      'both challenges': { auth: 'bearer+basic-challenge' },
    };
    const blobs = {
      close: [{ match: 'layer:*', fault: 'close', times: 3 }],
      stall: [{ match: 'layer:1', fault: 'stall', times: 1 }],
      truncate: [{ match: 'layer:*', fault: 'truncate', times: 2 }],
      corrupt: [{ match: 'layer:2', fault: 'corrupt', times: 1 }],
      empty: [{ match: 'layer:1', fault: 'empty', times: 1 }],
      extra: [{ match: '*', fault: 'extra' }],
      encoded: [{ match: '*', fault: 'gzip-encoding' }],
      elsewhere: [{ match: '*', fault: 'redirect', to: 'other' }],
      '503': [{ match: '*', fault: 'status', status: 503, times: 2 }],
      'config corrupt': [{ match: 'config', fault: 'corrupt', times: 1 }],
    };
    const pairs = Object.entries(blobs).flatMap(([name, blob]) =>
      [manifest, ranges, entrances].flatMap((others) =>
        Object.entries(others as Record<string, object>).map(([other, faults]): [string, object] => [
          `${name} and ${other}`,
          { ...faults, blob },
        ]),
      ),
    );
    it.each(pairs)('%s', async (_, faults) => {
      const { error } = await pull('latest', { faults, credentials: 'auth' in faults ? user : {} });
      expect(error).toBeUndefined();
    });
  });

  it.each<[string, string, object]>([
    ['corrupt blobs', 'REGISTRY_CONTENT', { blob: [{ match: 'layer:1', fault: 'corrupt' }] }],
    ['a corrupt configuration', 'REGISTRY_CONTENT', { blob: [{ match: 'config', fault: 'corrupt' }] }],
    ['web pages', 'REGISTRY_CONTENT', { blob: [{ match: '*', fault: 'html' }] }],
    [
      'a limit on blobs',
      'REGISTRY_LIMIT',
      { blob: [{ match: '*', fault: 'status', status: 429, retryAfter: 3600 }] },
    ],
  ])('says what is wrong: %s', async (_, code, faults) => {
    const { error } = await pull('latest', { faults });
    expect(error).toMatchObject({ code });
  });
});
