import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageInspect } from '../../src/engine/api/image.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../support/engine.ts';
import {
  type FaultyRegistry,
  resetSettled,
  startFaultyRegistry,
  whyNoFaultyRegistry,
} from '../support/faulty-registry.ts';
import { type FaultCase, type Faults, faultPairs, singleFaults } from '../support/registry-faults.ts';
import { errorOf, transfer } from '../support/transfer.ts';
import { tarOf } from '../unit/tar/tar-fixture.ts';

const why = whyNoEngine() ?? whyNoFaultyRegistry;
if (why) console.log(`skipped: pulls from a registry that misbehaves (${why})`);

/**
 * None of these can end well, or need to: with no digest told a damaged manifest is not known for one, and a blob that is wrong twice is
 * given up, which is what an encoding looks like after a damaged transfer.
 */
const hopeless =
  /wrong digest|for good|missing|in circles|no digest and manifest corrupt|a web page|corrupt once and blob encoded/;
/** What comes damaged is fetched once more. */
const comesTwice = /corrupt|empty|a web page|with more|encoded|announced too|too short/;

/** Pulls at the same time, each from a registry of its own with an image of its own. */
const lanes = 8;

interface Lane {
  readonly registry: FaultyRegistry;
  readonly config: string;
  readonly layers: readonly string[];
  readonly diffIds: readonly string[];
}

const sha = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Bytes that do not compress, others for each seed. */
function noise(size: number, seed: string): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < size; at += 32) parts.push(createHash('sha256').update(`${seed} ${at}`).digest());
  return Buffer.concat(parts).subarray(0, size);
}

async function openLane(directory: string, number: number): Promise<Lane> {
  const path = join(directory, `layout${number}`);
  mkdirSync(join(path, 'blobs', 'sha256'), { recursive: true });
  const put = (bytes: Buffer) => {
    const digest = sha(bytes);
    writeFileSync(join(path, 'blobs', ...digest.split(':')), bytes);
    return { digest, size: bytes.length };
  };
  const tars = await Promise.all(
    [100, 40_000, 6000].map((size, index) =>
      tarOf([{ name: `file${index}`, data: noise(size, `${number} ${index}`) }]),
    ),
  );
  const layers = tars.map((tar) => put(gzipSync(tar)));
  const diffIds = tars.map(sha);
  const rootfs = { type: 'layers', diff_ids: diffIds };
  const config = put(Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs })));
  const type = 'application/vnd.oci.image';
  const manifest = {
    schemaVersion: 2,
    mediaType: `${type}.manifest.v1+json`,
    config: { mediaType: `${type}.config.v1+json`, ...config },
    layers: layers.map((layer) => ({ mediaType: `${type}.layer.v1.tar+gzip`, ...layer })),
  };
  const top = put(Buffer.from(JSON.stringify(manifest)));
  writeFileSync(
    join(path, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: manifest.mediaType, ...top }] }),
  );
  const registry = await startFaultyRegistry({}, [{ path, repo: 'lane/app', tag: 'latest' }]);
  return { registry, config: config.digest, layers: layers.map(({ digest }) => digest), diffIds };
}

describe.skipIf(why)('a registry that misbehaves', () => {
  let engine: TestEngine;
  const free: Lane[] = [];
  beforeAll(async () => {
    engine = await startTestEngine();
    mkdirSync(join(engine.root, 'etc'));
    writeFileSync(
      join(engine.root, 'etc', 'engine.json'),
      JSON.stringify({ registries: { stallSeconds: 1 } }),
    );
    for (let number = 0; number < lanes; number++) free.push(await openLane(engine.root, number));
  });
  afterAll(async () => {
    for (const { registry } of free) registry.close();
    expect(await engine?.stop()).toEqual([]);
  });

  const nameIn = ({ registry }: Lane): string => `${registry.host}/lane/app:latest`;
  const inspect = (lane: Lane) => engine.api<ImageInspect>('GET', `/images/${nameIn(lane)}/json`);
  const pull = ({ registry }: Lane, credentials: object) =>
    transfer(engine.socket, `/images/create?fromImage=${registry.host}/lane/app&tag=latest`, { credentials });

  /** The rules of a case, for the blobs of a lane. */
  function faultsIn({ config, layers }: Lane, faults: Faults): Faults {
    const digests: Readonly<Record<string, string>> = { config, 'layer:1': layers[1]! };
    const blob = faults.blob?.map((rule) => ({ ...rule, match: digests[rule.match] ?? rule.match }));
    return { ...faults, ...(blob === undefined ? {} : { blob }) } as Faults;
  }

  /** What is wrong with the outcome of a pull; undefined: nothing. */
  async function faultOf(lane: Lane, [what, faults]: FaultCase): Promise<string | undefined> {
    const { registry, config, diffIds } = lane;
    await resetSettled(registry);
    registry.setFaults(faultsIn(lane, faults));
    const error = errorOf(await pull(lane, 'auth' in faults ? { username: 'user', password: 'secret' } : {}));
    const { leaks, blobs } = registry.stats();
    if (leaks.length > 0) return 'credentials went where they do not belong';
    const { status, json } = await inspect(lane);
    if (error === undefined) {
      if (json.Id !== config || `${json.RootFS.Layers}` !== `${diffIds}`) return 'the image is another one';
      const most = Math.max(0, ...Object.values(blobs).map(({ complete }) => complete));
      if (most > (comesTwice.test(what) ? 2 : 1)) return `a blob came ${most} times`;
    } else {
      if (!hopeless.test(what)) return `it failed: ${error}`;
      if (error.length < 20) return `it does not say why: ${error}`;
      if (status !== 404) return 'it failed, and there is an image';
      registry.setFaults({});
      const then = errorOf(await pull(lane, {}));
      if (then !== undefined) return `the next pull failed: ${then}`;
      if ((await inspect(lane)).json.Id !== config) return 'the next pull brought another image';
    }
    const { status: removed } = await engine.api('DELETE', `/images/${nameIn(lane)}?force=1`);
    return removed === 200 ? undefined : `the image was removed with ${removed}`;
  }

  /** All cases, as many at the same time as there are lanes. @returns those that ended wrong */
  async function allOf(cases: readonly FaultCase[]): Promise<string[]> {
    const wrong: string[] = [];
    const queue = [...cases];
    await Promise.all(
      free.map(async (lane) => {
        for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
          const fault = await faultOf(lane, one);
          if (fault !== undefined) wrong.push(`${one[0]}: ${fault}`);
        }
      }),
    );
    return wrong;
  }

  const kinds = [['one fault', singleFaults] as const, ...faultPairs];
  it.each(kinds.map(([kind, cases]) => [kind, cases.length, cases] as const))(
    'gives the right image, or none, once: %s (%d cases)',
    async (_kind, _count, cases) => {
      expect(await allOf(cases)).toEqual([]);
    },
  );
});
