import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageInspect } from '../../src/engine/api/image.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../support/engine.ts';
import { type FaultyRegistry, startFaultyRegistry, whyNoFaultyRegistry } from '../support/faulty-registry.ts';
import { errorOf, transfer } from '../support/transfer.ts';

const why = whyNoEngine() ?? whyNoFaultyRegistry;
if (why) console.log(`skipped: pulls from a registry that misbehaves (${why})`);

interface Faults {
  readonly blob?: readonly object[];
  readonly [name: string]: unknown;
}

/** What a registry can do wrong, by what it is about: two of different groups can be had at once. */
const entrances: Record<string, Faults> = {
  basic: { auth: 'basic' },
  bearer: { auth: 'bearer' },
  'no scope told': { auth: 'bearer', scopeless: true },
  'tokens for one request': { auth: 'bearer', tokenExpire: 1 },
  'tokens elsewhere': { auth: 'bearer', realmHost: 'other' },
  access_token: { auth: 'bearer', tokenField: 'access_token', expiresIn: 0 },
  'Basic offered first': { auth: 'bearer+basic-challenge' },
};
const manifests: Record<string, Faults> = {
  'HEAD 405': { manifest: { head: 405 } },
  'HEAD without length': { manifest: { head: 'no-length' } },
  'no type': { manifest: { noContentType: true } },
  'no digest': { manifest: { noDigest: true } },
  'wrong digest': { manifest: { wrongDigest: true } },
  'manifest 503 once': { manifest: { status: 503, times: 1 } },
  'manifest 429 once': { manifest: { status: 429, times: 1, retryAfter: 0 } },
  'manifest corrupt once': { manifest: { corrupt: 1 } },
  'manifest cut off once': { manifest: { close: 1 } },
  'manifest stalls once': { manifest: { stall: 1 } },
  'manifest in chunks': { manifest: { chunked: true } },
};
const ranges: Record<string, Faults> = {
  'no ranges': { range: false },
  'ranges at a wrong offset': { range: 'wrong-offset' },
  'ranges refused': { range: '416' },
  'no Content-Range': { range: 'no-content-range' },
};
const blobs: Record<string, Faults> = Object.fromEntries(
  Object.entries({
    'cut off': { match: 'layer:1', fault: 'close', times: 2 },
    stalling: { match: 'layer:1', fault: 'stall', times: 1 },
    'too short': { match: 'layer:1', fault: 'truncate', times: 1 },
    'announced too long': { match: 'layer:1', fault: 'long-length', times: 2 },
    'announced too short': { match: 'layer:1', fault: 'short-length', times: 1 },
    'with more behind': { match: '*', fault: 'extra' },
    'corrupt once': { match: 'layer:1', fault: 'corrupt', times: 1 },
    'configuration corrupt once': { match: 'config', fault: 'corrupt', times: 1 },
    'empty once': { match: 'layer:1', fault: 'empty', times: 1 },
    'a web page once': { match: 'layer:1', fault: 'html', times: 1 },
    'in chunks': { match: '*', fault: 'chunked' },
    encoded: { match: '*', fault: 'gzip-encoding' },
    '503 once': { match: '*', fault: 'status', status: 503, times: 1 },
    elsewhere: { match: '*', fault: 'redirect' },
    'on another port': { match: '*', fault: 'redirect', to: 'other' },
    'on another page': { match: '*', fault: 'redirect', to: 'self' },
    'corrupt for good': { match: 'layer:1', fault: 'corrupt' },
    missing: { match: 'layer:1', fault: 'status', status: 404 },
    'round in circles': { match: 'layer:1', fault: 'redirect-loop' },
  }).map(([name, rule]) => [`blob ${name}`, { blob: [rule] }]),
);
/**
 * None of these can end well, or need to: with no digest told a damaged manifest is not known for one, and a blob that is wrong twice is given up, which
 * is what an encoding looks like after a damaged transfer.
 */
const hopeless =
  /wrong digest|for good|missing|in circles|no digest and manifest corrupt|corrupt once and blob encoded/;

const groups = [entrances, manifests, ranges, blobs].map((group) => Object.entries(group));
const singles = groups.flat();
const pairs = groups.flatMap((one, at) =>
  groups
    .slice(at + 1)
    .flat()
    .flatMap(([other, faults]) =>
      one.map(([name, more]): [string, Faults] => [`${name}, ${other}`, { ...more, ...faults }]),
    ),
);

/** Two of one group: whichever of a blob's comes first is had as often as it lasts, then the other. Of blobs a third of them. */
const within = [manifests, blobs].flatMap((group) =>
  Object.entries(group).flatMap(([one, faults], at) =>
    Object.entries(group)
      .slice(at + 1)
      .filter(([, more], distance) => !sameKind(faults, more) && (group === manifests || distance % 3 === 0))
      .map(([other, more]): [string, Faults] => [`${one} and ${other}`, merged(faults, more)]),
  ),
);

/** Of the faults of a manifest one key can be had once. */
function sameKind({ manifest: one }: Faults, { manifest: other }: Faults): boolean {
  const keys = Object.keys((other ?? {}) as object);
  return Object.keys((one ?? {}) as object).some((key) => keys.includes(key));
}

function merged(one: Faults, other: Faults): Faults {
  return 'blob' in one
    ? { blob: [...(one.blob ?? []), ...(other.blob ?? [])] }
    : { manifest: { ...(one.manifest as object), ...(other.manifest as object) } };
}

describe.skipIf(why)('a registry that misbehaves', () => {
  let engine: TestEngine;
  let registry: FaultyRegistry;
  beforeAll(async () => {
    engine = await startTestEngine();
    registry = await startFaultyRegistry();
    mkdirSync(join(engine.root, 'etc'));
    writeFileSync(
      join(engine.root, 'etc', 'engine.json'),
      JSON.stringify({ registries: { stallSeconds: 0.3 } }),
    );
  });
  afterAll(async () => {
    registry?.close();
    expect(await engine?.stop()).toEqual([]);
  });

  const pull = (credentials: object) =>
    transfer(engine.socket, `/images/create?fromImage=${registry.host}/faulty/app&tag=latest`, {
      credentials,
    });
  const name = (): string => `${registry.host}/faulty/app:latest`;
  const inspect = () => engine.api<ImageInspect>('GET', `/images/${name()}/json`);

  async function expectRightOrNone(what: string, faults: Faults): Promise<void> {
    registry.reset();
    registry.setFaults(faults);
    const credentials = 'auth' in faults ? { username: 'user', password: 'secret' } : {};
    const error = errorOf(await pull(credentials));
    const { leaks, blobs: counts } = registry.stats();
    expect(leaks).toEqual([]);
    if (error === undefined) {
      expect((await inspect()).json).toMatchObject({
        Id: registry.image.config,
        RootFS: { Layers: registry.image.diffIds },
      });
      // Once, resumptions and what came damaged aside.
      for (const { complete } of Object.values(counts)) expect(complete).toBeLessThanOrEqual(2);
    } else {
      expect(hopeless.test(what) || /a web page/.test(what), `${what}: ${error}`).toBe(true);
      expect(error.length).toBeGreaterThan(20);
      expect((await inspect()).status).toBe(404);
      registry.setFaults({});
      expect(errorOf(await pull({}))).toBeUndefined();
      expect((await inspect()).json.Id).toBe(registry.image.config);
    }
    expect((await engine.api('DELETE', `/images/${name()}?force=1`)).status).toBe(200);
  }

  it.each(singles)('gives the right image, or none: %s', expectRightOrNone);
  it.each(pairs)('gives the right image, or none: %s', expectRightOrNone);
  it.each(within)('gives the right image, or none: %s', expectRightOrNone);
});
