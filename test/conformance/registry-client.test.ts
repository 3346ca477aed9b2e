import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RegistryCredentials } from '../../src/registry/auth/credentials.ts';
import { createRegistryClient } from '../../src/registry/client.ts';
import { fittingEntries } from '../../src/registry/content/choose-platform.ts';
import { fetchManifest, fetchResolved, resolveTag } from '../../src/registry/content/fetch-manifest.ts';
import { type ImageManifest, parseManifest } from '../../src/registry/content/manifest.ts';
import type { Notice } from '../../src/registry/http/session.ts';
import { defaultRegistrySettings } from '../../src/registry/settings/registry-settings.ts';
import { downloadBlob } from '../../src/registry/transfer/download.ts';
import {
  type FaultyRegistry,
  resetSettled,
  startFaultyRegistry,
  whyNoFaultyRegistry,
} from '../support/faulty-registry.ts';

if (whyNoFaultyRegistry !== undefined) console.warn(`skipped: the registry client (${whyNoFaultyRegistry})`);

const own = { os: 'linux', architecture: 'amd64' };

describe.skipIf(whyNoFaultyRegistry !== undefined)('the client of a registry that misbehaves', () => {
  let registry: FaultyRegistry;
  beforeAll(async () => {
    registry = await startFaultyRegistry();
  });
  afterAll(() => registry.close());

  /** Fetches all blobs of an image into memory, as a pull does; what it got, or the error. */
  async function pull(tag: string, faults: object, credentials: RegistryCredentials = {}) {
    await resetSettled(registry);
    registry.setFaults(faults);
    // Short only where nothing is to come: a busy machine keeps what is on its way from this process for as long.
    const stallMs = JSON.stringify(faults).includes('stall') ? 300 : 60_000;
    const client = createRegistryClient({
      settings: () => ({ ...defaultRegistrySettings, stallMs }),
      certificates: () => ({ directories: [], bundles: [] }),
      now: () => Date.now(),
      userAgent: 'tcompose/test',
    });
    const notices: Notice[] = [];
    const from = client.open(registry.host, { credentials, proxies: {}, notice: (one) => notices.push(one) });
    const signal = AbortSignal.timeout(90_000);
    const scopes = ['repository:faulty/app:pull'];
    const what = `${registry.host}/faulty/app:${tag}`;
    const at = (reference: string) => ({ path: 'faulty/app', reference, what, scopes, signal });
    try {
      const digest = await from.across((session) => resolveTag(session, at(tag)));
      const get = (reference: string) => from.across((session) => fetchManifest(session, at(reference)));
      const read = (got: Awaited<ReturnType<typeof get>>) => parseManifest(got.bytes, got.contentType, what);
      let manifest = read(await from.across((session) => fetchResolved(session, at(tag), digest)));
      while (manifest.kind === 'index') {
        const entry = fittingEntries(manifest, own)[0];
        if (entry === undefined) throw new Error('no entry fits');
        manifest = read(await get(entry.digest));
      }
      const blobs = await Promise.allSettled(
        [manifest.config, ...manifest.layers].map(async (descriptor) => {
          const sink = memorySink(descriptor.size);
          await downloadBlob(from, { path: 'faulty/app', descriptor, what, scopes, signal }, sink);
          expect(sink.digest(descriptor.digest), descriptor.digest).toBe(descriptor.digest);
        }),
      );
      // All have ended before this: what one that went on asks for would count for the next pull.
      for (const blob of blobs) if (blob.status === 'rejected') throw blob.reason;
      return { manifest: manifest as ImageManifest, notices, error: undefined };
    } catch (error) {
      return { manifest: undefined, notices, error: error as Error & { code?: string; hint?: string } };
    } finally {
      client.close();
      expect(registry.stats().leaks).toEqual([]);
    }
  }

  const user = { username: 'user', password: 'secret' };
  const works: readonly [string, object, RegistryCredentials?][] = [
    ['nothing', {}],
    ['basic', { auth: 'basic' }, user],
    ['bearer', { auth: 'bearer' }, user],
    ['bearer for anybody', { auth: 'bearer', anonymousPull: true }],
    ['no scope in the challenge', { auth: 'bearer', scopeless: true }, user],
    ['Basic offered before Bearer', { auth: 'bearer+basic-challenge', anonymousPull: true }],
    ['access_token', { auth: 'bearer', tokenField: 'access_token', expiresIn: 0 }, user],
    ['tokens good for one request', { auth: 'bearer', tokenExpire: 1 }, user],
    ['tokens good for two requests', { auth: 'bearer', tokenExpire: 2 }, user],
    ['token server elsewhere', { auth: 'bearer', realmHost: 'other' }, user],
    ['an identity token', { auth: 'bearer', refreshToken: 'r' }, { identityToken: 'r' }],
    ['manifest 429', { manifest: { status: 429, times: 2, retryAfter: 1 } }],
    ['manifest 429 with a date', { manifest: { status: 429, times: 1, retryAfter: 'date' } }],
    ['manifest 503', { manifest: { status: 503, times: 2 } }],
    ['HEAD 405', { manifest: { head: 405 } }],
    ['HEAD without length', { manifest: { head: 'no-length' } }],
    ['no content type', { manifest: { noContentType: true } }],
    ['no digest', { manifest: { noDigest: true } }],
    ['manifest corrupt once', { manifest: { corrupt: 1 } }],
    ['manifest cut off once', { manifest: { close: 1 } }],
    ['manifest stalls once', { manifest: { stall: 1 } }],
    ['manifest in chunks', { manifest: { chunked: true } }],
    ['blob cut off twice', { blob: [{ match: 'layer:1', fault: 'close', times: 2 }] }],
    ['blob cut off, no ranges', { range: false, blob: [{ match: 'layer:1', fault: 'close', times: 2 }] }],
    [
      'blob cut off, wrong offset',
      { range: 'wrong-offset', blob: [{ match: 'layer:1', fault: 'close', times: 2 }] },
    ],
    ['blob cut off, 416', { range: '416', blob: [{ match: 'layer:1', fault: 'close', times: 2 }] }],
    [
      'blob cut off, no Content-Range',
      { range: 'no-content-range', blob: [{ match: 'layer:1', fault: 'close', times: 2 }] },
    ],
    ['blob stalls', { blob: [{ match: 'layer:1', fault: 'stall', times: 2 }] }],
    ['blob truncated', { blob: [{ match: 'layer:1', fault: 'truncate', times: 2 }] }],
    ['blob longer than said', { blob: [{ match: 'layer:1', fault: 'long-length' }] }],
    ['blob with more behind it', { blob: [{ match: 'layer:1', fault: 'extra' }] }],
    ['blob in chunks', { blob: [{ match: '*', fault: 'chunked' }] }],
    ['blob encoded', { blob: [{ match: '*', fault: 'gzip-encoding' }] }],
    ['blob 503', { blob: [{ match: '*', fault: 'status', status: 503, times: 2 }] }],
    ['blob 429', { blob: [{ match: '*', fault: 'status', status: 429, retryAfter: 1, times: 2 }] }],
    ['blobs elsewhere', { auth: 'bearer', blob: [{ match: '*', fault: 'redirect' }] }, user],
    [
      'blobs on another port',
      { auth: 'basic', blob: [{ match: '*', fault: 'redirect', to: 'other' }] },
      user,
    ],
    ['blobs elsewhere, 302', { auth: 'basic', blob: [{ match: '*', fault: 'redirect', code: 302 }] }, user],
    ['blobs on another page', { auth: 'basic', blob: [{ match: '*', fault: 'redirect', to: 'self' }] }, user],
    [
      'blobs on a relative page',
      { auth: 'basic', blob: [{ match: 'layer:1', fault: 'redirect-relative', times: 1 }] },
      user,
    ],
  ];
  it.each(works)('gets the image in spite of: %s', async (_, faults, credentials) => {
    const { error, manifest } = await pull('latest', faults, credentials);
    expect(error).toBeUndefined();
    expect(manifest!.layers.map(({ digest }) => digest)).toEqual(registry.image.layers);
  });

  const fails: readonly [string, string, RegExp, object, RegistryCredentials?, string?][] = [
    ['no credentials for Basic', 'REGISTRY_DENIED', /requires a user/, { auth: 'basic' }],
    [
      'wrong password',
      'REGISTRY_DENIED',
      /incorrect username/,
      { auth: 'bearer' },
      { username: 'u', password: 'x' },
    ],
    [
      'wrong password for Basic',
      'REGISTRY_DENIED',
      /rejects the user or the password/,
      { auth: 'basic' },
      { username: 'u', password: 'x' },
    ],
    ['nobody is let in', 'REGISTRY_DENIED', /no anonymous access/, { auth: 'bearer' }],
    [
      'a long limit',
      'REGISTRY_LIMIT',
      /free again at \d\d:\d\d \(in 2 h\)/,
      { manifest: { status: 429, retryAfter: 7200 } },
    ],
    ['a header that lies', 'REGISTRY_CONTENT', /verification failed/, { manifest: { wrongDigest: true } }],
    ['manifest corrupt', 'REGISTRY_CONTENT', /verification failed/, { manifest: { corrupt: 9 } }],
    [
      'a web page for a blob',
      'REGISTRY_CONTENT',
      /web page/,
      { blob: [{ match: 'layer:1', fault: 'html' }] },
    ],
    [
      'a loop',
      'REGISTRY_UNREACHABLE',
      /more than 10 times/,
      { blob: [{ match: 'layer:1', fault: 'redirect-loop' }] },
    ],
    ['no such tag', 'REGISTRY_NOT_FOUND', /manifest unknown/, {}, {}, 'no-such-tag'],
    ['a blob that is not there', 'REGISTRY_CONTENT', /blob unknown/, {}, {}, 'missing-blob'],
  ];
  it.each(fails)(
    'says what is wrong: %s',
    async (_, code, words, faults, credentials = {}, tag = 'latest') => {
      const { error } = await pull(tag, faults, credentials);
      expect(error?.message).toMatch(words);
      expect(error).toMatchObject({ code });
    },
  );

  it('fetches each blob once and a manifest by its digest', async () => {
    await pull('index', {});
    const { blobs, manifests } = registry.stats();
    for (const [digest, count] of Object.entries(blobs))
      expect(count, digest).toMatchObject({ get: 1, complete: 1 });
    expect(manifests.index).toEqual({ head: 1, get: 0 });
  });

  it('goes on where a transfer broke', async () => {
    await pull('latest', { blob: [{ match: 'layer:1', fault: 'close', times: 2 }] });
    const count = registry.stats().blobs[registry.image.layers[1]!]!;
    const starts = count.ranges.map((range) => Number(/^bytes=(\d+)-/.exec(range)?.[1]));
    expect(starts).toHaveLength(2);
    // What is on its way when a connection closes may be lost; what has arrived is not asked for again.
    expect(starts[0]).toBeGreaterThan(0);
    expect(starts[1]).toBeGreaterThanOrEqual(starts[0]!);
    expect(count).toMatchObject({ get: 3 });
  });
});

/** Bytes in memory with their digest. */
function memorySink(size: number) {
  let parts: Uint8Array[] = [];
  let offset = 0;
  return {
    get offset() {
      return offset;
    },
    async write(chunk: Uint8Array) {
      parts.push(Buffer.from(chunk));
      offset += chunk.length;
      expect(offset).toBeLessThanOrEqual(size);
    },
    async restart() {
      parts = [];
      offset = 0;
    },
    digest(like: string) {
      const algorithm = like.slice(0, like.indexOf(':'));
      return `${algorithm}:${createHash(algorithm).update(Buffer.concat(parts)).digest('hex')}`;
    },
  };
}
