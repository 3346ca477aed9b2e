import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pullImage } from '../../src/engine/images/pull/pull-image.ts';
import { pushImage } from '../../src/engine/images/push/push-image.ts';
import { createRegistries } from '../../src/engine/images/registries.ts';
import type { TransferProgress } from '../../src/engine/images/transfer-progress.ts';
import type { ImageContent, ImageRecord, StoredLayer } from '../../src/image/index.ts';
import { parseReference } from '../../src/image/reference.ts';
import type { RegistryCredentials } from '../../src/registry/auth/credentials.ts';
import {
  type FaultyRegistry,
  resetSettled,
  startFaultyRegistry,
  whyNoFaultyRegistry,
} from '../support/faulty-registry.ts';
import { createMemoryContent } from '../support/memory-content.ts';
import { eachInDirectory } from '../support/temporary-directory.ts';

if (whyNoFaultyRegistry !== undefined) console.warn(`skipped: pushes (${whyNoFaultyRegistry})`);

const own = { os: 'linux', architecture: 'amd64' };
const user = { username: 'user', password: 'secret' };
/** Each blob of the image is refused once with its end, and so comes without. */
const inPieces = { statusPut: { status: 404, times: 4 } };

describe.skipIf(whyNoFaultyRegistry !== undefined)('a push', () => {
  let source: FaultyRegistry;
  let target: FaultyRegistry;
  let directory = '';
  let round = 0;
  beforeAll(async () => {
    source = await startFaultyRegistry();
    target = await startFaultyRegistry();
  });
  afterAll(() => {
    source.close();
    target.close();
  });
  eachInDirectory((made) => {
    directory = made;
  });

  function registriesFor(config: object = {}) {
    const file = join(directory, 'engine.json');
    writeFileSync(file, JSON.stringify({ registries: { stallSeconds: 60, ...config } }));
    return createRegistries({
      config: file,
      env: {},
      version: 'test',
      now: () => Date.now(),
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    });
  }

  /** Pulls from one registry, pushes to the other into a repository that was never there. */
  async function push(
    tag: string,
    faults: object,
    options: {
      credentials?: RegistryCredentials;
      repository?: string;
      /** Milliseconds after the push began. */
      giveUpAfter?: number;
      names?: string[];
    } = {},
  ) {
    const memory = createMemoryContent();
    const registries = registriesFor();
    const request = { credentials: {}, proxies: {}, signal: AbortSignal.timeout(100_000) };
    const reference = parseReference(`${source.host}/faulty/app:${tag}`);
    const context = {
      registries,
      content: memory as unknown as ImageContent,
      get: () => undefined,
      own,
      isRun: () => true,
    };
    source.setFaults({});
    const { id } = await pullImage(context, { ...request, reference, platform: undefined }, () => undefined);
    const image = { id, host: false, tags: [], diffIds: ['sha256:x'] } as unknown as ImageRecord;
    const [committed] = memory.committed;
    const bytesOf = (descriptor: { digest: string }) => memory.blobs.get(descriptor.digest)!;
    const content = {
      ...memory,
      manifestOf: async () => ({
        manifest: { descriptor: committed!.manifest, bytes: bytesOf(committed!.manifest) },
        ...(committed!.index === undefined
          ? {}
          : { index: { descriptor: committed!.index, bytes: bytesOf(committed!.index) } }),
      }),
      layersOf: async (): Promise<StoredLayer[]> => {
        const { layers } = JSON.parse(bytesOf(committed!.manifest).toString()) as {
          layers: StoredLayer['descriptor'][];
        };
        return layers.map((descriptor) => ({ descriptor, diffId: 'sha256:x', chainId: '', size: 0 }));
      },
    } as unknown as ImageContent;
    await resetSettled(target);
    target.setFaults(faults);
    const told: TransferProgress[] = [];
    const repository = options.repository ?? `pushed/app${round++}`;
    try {
      await pushImage(
        { registries, content, list: () => [image], namesOf: () => options.names ?? [] },
        {
          ...request,
          ...(options.giveUpAfter === undefined ? {} : { signal: AbortSignal.timeout(options.giveUpAfter) }),
          credentials: options.credentials ?? {},
          reference: parseReference(`${target.host}/${repository}:1`),
          image,
        },
        (progress) => told.push(progress),
      );
      return { error: undefined, told, repository, manifest: committed!.manifest, index: committed!.index };
    } catch (error) {
      return { error: error as Error & { code?: string }, told, repository, manifest: committed!.manifest };
    } finally {
      registries.client.close();
    }
  }

  /** What the target has now, fetched without faults. */
  async function remote(repository: string, credentials: RegistryCredentials = {}): Promise<string> {
    target.setFaults({});
    const registries = registriesFor();
    const content = createMemoryContent();
    try {
      await pullImage(
        {
          registries,
          content: content as unknown as ImageContent,
          get: () => undefined,
          own,
          isRun: () => true,
        },
        {
          credentials,
          proxies: {},
          signal: AbortSignal.timeout(60_000),
          reference: parseReference(`${target.host}/${repository}:1`),
          platform: undefined,
        },
        () => undefined,
      );
      return content.committed[0]!.manifest.digest;
    } finally {
      registries.client.close();
    }
  }

  it.each<[string, object, RegistryCredentials?]>([
    ['nothing', {}],
    ['Basic', { auth: 'basic' }, user],
    ['tokens', { auth: 'bearer' }, user],
    ['tokens good for one request', { auth: 'bearer', tokenExpire: 1 }, user],
    ['relative locations', { push: { relativeLocation: true } }],
    ['a range that is wrong', { push: { ...inPieces, wrongRange: 2 } }],
    ['connections that close', { push: { ...inPieces, closePatch: 2 } }],
    ['503 on PATCH', { push: { ...inPieces, statusPatch: { status: 503, times: 2 } } }],
    ['429 on PATCH', { push: { ...inPieces, statusPatch: { status: 429, times: 2, retryAfter: 1 } } }],
    ['500 on PUT', { push: { statusPut: { status: 500, times: 2 } } }],
    ['503 on the manifest', { push: { manifestStatus: { status: 503, times: 1 } } }],
    ['chunks of a least length', { push: { ...inPieces, chunkMin: 1000 } }],
    ['a blob refused with its end', { push: inPieces }],
  ])('puts the same bytes there in spite of: %s', async (_, faults, credentials) => {
    const { error, repository, manifest, told } = await push('oci', faults, {
      credentials: credentials ?? {},
    });
    expect(error).toBeUndefined();
    expect(told.at(-1)).toEqual({ kind: 'pushed', tag: '1', digest: manifest.digest, size: manifest.size });
    expect(await remote(repository)).toBe(manifest.digest);
  });

  describe('puts the same bytes there in spite of two faults at once:', () => {
    /** None of these makes a client wait for longer than a try. */
    const entrances: Record<string, object> = {
      basic: { auth: 'basic' },
      bearer: { auth: 'bearer' },
      'tokens for one request': { auth: 'bearer', tokenExpire: 1 },
      'tokens elsewhere': { auth: 'bearer', realmHost: 'other' },
      'no scope told': { auth: 'bearer', scopeless: true },
      'Basic offered first': { auth: 'bearer+basic-challenge' },
    };
    const pushes: Record<string, object> = {
      'no mounts': { mount: false },
      'relative locations': { relativeLocation: true },
      'wrong ranges': { wrongRange: 1, ...inPieces },
      'connections that close': { closePatch: 1, ...inPieces },
      '503 on PATCH': { statusPatch: { status: 503, times: 1, retryAfter: 0 }, ...inPieces },
      '429 on PATCH': { statusPatch: { status: 429, times: 1, retryAfter: 0 }, ...inPieces },
      '500 on PUT': { statusPut: { status: 500, times: 1, retryAfter: 0 } },
      '503 on the manifest': { manifestStatus: { status: 503, times: 1, retryAfter: 0 } },
      'chunks of a least length': { chunkMin: 1000, ...inPieces },
    };
    const within = Object.entries(pushes).flatMap(([one, faults], at) =>
      Object.entries(pushes)
        .slice(at + 1)
        .filter(([, more]) => Object.keys(more)[0] !== Object.keys(faults)[0])
        .map(([other, more]): [string, object] => [`${one}, ${other}`, { push: { ...faults, ...more } }]),
    );
    const across = Object.entries(entrances).flatMap(([one, faults]) =>
      Object.entries(pushes).map(([other, push]): [string, object] => [
        `${one}, ${other}`,
        { ...faults, push },
      ]),
    );
    it.each([...within, ...across])('%s', async (_, faults) => {
      const { error, repository, manifest } = await push('oci', faults, { credentials: user });
      expect(error).toBeUndefined();
      expect(await remote(repository)).toBe(manifest.digest);
    });
  });

  it('sends nothing that is there', async () => {
    const first = await push('oci', {});
    const { uploads } = target.stats();
    // Each blob by one request.
    expect(uploads).toMatchObject({ post: 4, patch: 0, put: 4 });
    const again = await push('oci', {}, { repository: first.repository });
    expect(again.error).toBeUndefined();
    expect(target.stats().uploads).toMatchObject({ post: 0, patch: 0, put: 0 });
    expect(again.told).toContainEqual({ kind: 'layer', id: 'x', state: 'remote' });
  });

  it('has layers mounted from repositories that have them, or sends them', async () => {
    const first = await push('oci', {});
    const names = [`${target.host}/${first.repository}@${first.manifest.digest}`];
    const mounted = await push('oci', {}, { names });
    expect(mounted.error).toBeUndefined();
    expect(target.stats().uploads).toMatchObject({ mounted: 3 });
    const refused = await push('oci', { push: { mount: false } }, { names });
    expect(refused.error).toBeUndefined();
    expect(target.stats().uploads).toMatchObject({ mounted: 0, put: 4 });
    // The session that came in place of the mount is used.
    expect(target.stats().uploads.post).toBe(4);
  });

  it('puts an index only where all it names is', async () => {
    const alone = await push('index', {});
    expect(alone.error).toBeUndefined();
    expect(alone.told.at(-1)).toMatchObject({ digest: alone.manifest.digest });
    const same = await push('index', {}, { repository: 'faulty/app' });
    expect(same.error).toBeUndefined();
    expect(same.told.at(-1)).toMatchObject({ digest: same.index!.digest });
  });

  it.each<[string, string, object, RegistryCredentials?]>([
    ['nobody', 'REGISTRY_DENIED', { auth: 'basic' }],
    ['who may only read', 'REGISTRY_DENIED', { auth: 'bearer', anonymousPull: true }],
    ['a registry that is ill', 'REGISTRY_FAILED', { push: { manifestStatus: { status: 503 } } }],
    ['a registry that refuses', 'REGISTRY_FAILED', { push: { manifestStatus: { status: 400 } } }],
    ['a limit', 'REGISTRY_LIMIT', { push: { statusPut: { status: 429, retryAfter: 3600 } } }],
  ])('says what is wrong: %s', async (_, code, faults, credentials) => {
    const { error } = await push('oci', faults, { credentials: credentials ?? {} });
    expect(error).toMatchObject({ code });
  });

  it('that is given up ends', async () => {
    const { error } = await push('oci', { push: { statusPut: { status: 503 } } }, { giveUpAfter: 700 });
    expect(error).toMatchObject({ code: 'CLI_INTERRUPTED' });
  });
});
