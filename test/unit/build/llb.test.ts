import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDockerfile } from '../../../src/build/dockerfile/parse.ts';
import { readDockerfile } from '../../../src/build/instruction/read-dockerfile.ts';
import {
  readCacheConfig,
  readInlineRecords,
  writeCacheConfig,
  writeInlineRecords,
} from '../../../src/build/llb/cache-config.ts';
import { readCacheFrom, readCacheTo } from '../../../src/build/llb/cache-option.ts';
import { filled, goJson } from '../../../src/build/llb/go-json.ts';
import { type KeyNode, RecordFinder } from '../../../src/build/llb/key-node.ts';
import { makeCacheConfig } from '../../../src/build/llb/make-config.ts';
import { operationOf } from '../../../src/build/llb/of-step.ts';
import { type Operation, outermost, recordDigest } from '../../../src/build/llb/operation.ts';
import { plainOptions } from '../../../src/build/plan/options.ts';
import { planBuild } from '../../../src/build/plan/planner.ts';
import type { BaseImage } from '../../../src/build/plan/types.ts';

const platform = { os: 'linux', architecture: 'amd64', variant: '' };

/** Names of a Dockerfile's steps by the digests of their records. */
function recordsOf(
  text: string,
  epoch?: number,
  triggers: readonly string[] = [],
): ReadonlyMap<string, string> {
  const image = (OnBuild: readonly string[]): BaseImage => ({
    id: 'sha256:1',
    config: { Env: ['A=b'], OnBuild },
    os: 'linux',
    architecture: 'amd64',
    layers: 1,
  });
  const file = readDockerfile(parseDockerfile(text, 'Dockerfile'));
  const images = new Map([
    ['docker.io/library/base:1', image([])],
    ['docker.io/library/onb:1', image(triggers)],
  ]);
  const planned = planBuild(file, plainOptions, images);
  if (planned.kind !== 'plan') throw new Error('the plan needs other images');
  const records = new Map<string, string>();
  const add = (name: string, { digest, inputs }: Operation): void => {
    records.set(recordDigest(digest), name);
    for (const { source } of inputs) if (source.kind === 'operation') add(`in ${name}`, source.operation);
  };
  for (const step of planned.plan.steps)
    if (step.kind !== 'image' && step.kind !== 'fetch') add(step.name, operationOf(step, platform, epoch));
  return records;
}

interface Recorded {
  readonly dockerfile: readonly string[];
  readonly epoch?: number;
  readonly records: readonly string[];
}

describe('operations', () => {
  const fixture = <T>(name: string): T =>
    JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as T;
  const recorded = fixture<Recorded>('buildkit-operations.json');

  test('have the digests that BuildKit gives them', () => {
    const records = recordsOf(recorded.dockerfile.join('\n'));
    expect(records.size).toBe(37);
    const others = [...records].filter(([digest]) => !recorded.records.includes(digest));
    expect(others.map(([, name]) => name)).toEqual([]);
  });

  test('have them with addresses, triggers and SOURCE_DATE_EPOCH, too', () => {
    const { triggers, cases } = fixture<{ readonly triggers: readonly string[]; readonly cases: Recorded[] }>(
      'buildkit-operations-fetched.json',
    );
    const found = cases.map(({ dockerfile, epoch }) => recordsOf(dockerfile.join('\n'), epoch, triggers));
    expect(found.map(({ size }) => size)).toEqual([14, 9]);
    for (const [at, { records }] of cases.entries())
      expect([...found[at]!].filter(([digest]) => !records.includes(digest))).toEqual([]);
  });

  test('go by what a step does, and not by its place or its name', () => {
    const digests = (text: string, epoch?: number) => [...recordsOf(text, epoch).keys()];
    expect(digests('FROM base:1\nRUN echo 1')).toEqual(digests('FROM base:1 AS other\n\nRUN   echo 1'));
    expect(digests('FROM base:1\nRUN echo 1')).not.toEqual(digests('FROM base:1\nRUN echo 2'));
    expect(digests('FROM base:1\nWORKDIR /a')).not.toEqual(digests('FROM base:1\nWORKDIR /a', 1));
    expect(digests('FROM base:1\nENV X=1\nCOPY a /')).toEqual(digests('FROM base:1\nCOPY a /'));
  });
});

describe('JSON as Go writes it', () => {
  test('characters of HTML, long numbers, members that are left out', () => {
    expect(goJson({ a: '<&>\u2028"', b: 1_700_000_000_000_000_001n, c: undefined, d: [true] })).toBe(
      '{"a":"\\u003c\\u0026\\u003e\\u2028\\"","b":1700000000000000001,"d":[true]}',
    );
    expect(filled({ a: '', b: 0, c: false, d: [], e: -1, f: {} })).toEqual({ e: -1, f: {} });
  });

  test('paths without those in others', () => {
    expect(outermost(['/b/c', '/a', '/b', '/ab'])).toEqual(['/a', '/ab', '/b']);
  });
});

describe('records', () => {
  const leaf = (digest: string): KeyNode => ({ digest, inputs: [] });
  const image = leaf('image');
  const content = leaf('content');
  const run: KeyNode = { digest: 'run', inputs: [[{ selector: 's', node: image }]] };
  const copy: KeyNode = {
    digest: 'copy',
    inputs: [
      [{ selector: '', node: run }],
      [
        { selector: 'x', node: leaf('unknown stage') },
        { selector: '', node: content },
      ],
    ],
  };
  const config = makeCacheConfig([
    { node: run, blobs: ['base', 'one'], created: 't1' },
    { node: copy, blobs: ['base', 'one', 'two'], created: 't2' },
  ]);

  test('are written and read again', () => {
    expect(readCacheConfig(writeCacheConfig(config))).toEqual(config);
    expect(readInlineRecords(writeInlineRecords(config.records), ['base', 'one', 'two'])).toEqual(
      config.records,
    );
    expect(config.layers).toEqual([
      { blob: 'base', parent: -1 },
      { blob: 'one', parent: 0 },
      { blob: 'two', parent: 1 },
    ]);
  });

  test('are found by any of what stands for an input, with its selector', () => {
    const finder = new RecordFinder(config);
    const chains = (node: KeyNode) =>
      [...finder.find(node)].flatMap((at) => config.records[at]!.results.map(({ chain }) => chain));
    expect(chains(run)).toEqual([[0, 1]]);
    expect(chains(copy)).toEqual([[0, 1, 2]]);
    expect(
      chains({ digest: 'copy', inputs: [copy.inputs[0]!, [{ selector: '', node: leaf('content') }]] }),
    ).toEqual([[0, 1, 2]]);
    expect(chains({ digest: 'run', inputs: [[{ selector: 'other', node: image }]] })).toEqual([]);
    expect(chains({ digest: 'run', inputs: [[{ selector: 's', node: leaf('other image') }]] })).toEqual([]);
    expect(chains({ digest: 'run', inputs: [] })).toEqual([]);
  });

  test('equal nodes of several builds are one, with what either has', () => {
    const shared = (): KeyNode => ({ digest: 'shared', inputs: [[{ selector: '', node: leaf('image') }]] });
    const ofPlatform = (digest: string): KeyNode => ({
      digest,
      inputs: [[{ selector: '', node: shared() }]],
    });
    const both = makeCacheConfig([
      { node: shared(), blobs: undefined, created: 't1' },
      { node: ofPlatform('amd64'), blobs: ['one', 'two'], created: 't1' },
      { node: shared(), blobs: ['one'], created: 't2' },
      { node: shared(), blobs: ['one'], created: 't3' },
      { node: ofPlatform('arm64'), blobs: ['one', 'three'], created: 't2' },
    ]);
    expect(both.records.map(({ digest }) => digest)).toEqual(['image', 'shared', 'amd64', 'arm64']);
    expect(both.records[1]!.results).toEqual([{ chain: [0], created: 't2' }]);
    expect(both.layers.map(({ blob }) => blob)).toEqual(['one', 'two', 'three']);
  });

  test('what nobody can find is left out, with all that is upon it', () => {
    const lost: KeyNode = { digest: 'lost', inputs: [[]] };
    const above: KeyNode = { digest: 'above', inputs: [[{ selector: '', node: lost }]] };
    const made = makeCacheConfig([
      { node: lost, blobs: ['x'], created: '' },
      { node: above, blobs: ['x', 'y'], created: '' },
    ]);
    expect(made).toEqual({ layers: [], records: [] });
  });

  test('what is malformed, or leads in circles, is no result', () => {
    const read = (value: unknown) => readCacheConfig(Buffer.from(JSON.stringify(value)));
    expect(read([])).toBeUndefined();
    expect(read({})).toBeUndefined();
    expect(readCacheConfig(Buffer.from('{'))).toBeUndefined();
    const layers = [{ blob: 'a', parent: 1 }, { blob: 'b' }, 7, { blob: 'c', parent: 99 }];
    const results = read({
      layers,
      records: [
        { digest: 'x', layers: [{ layer: 0 }, { layer: 3 }, { layer: 42 }, { layer: -1 }], inputs: 'no' },
        null,
        { digest: 1, inputs: [[{ link: 'x' }], 5] },
      ],
    });
    expect(results?.records.map((record) => record.results)).toEqual([[], [], []]);
  });
});

describe('options', () => {
  test('cache_from', () => {
    expect(readCacheFrom('app:cache')).toEqual({ kind: 'registry', reference: 'app:cache' });
    expect(readCacheFrom('type=registry,ref=r.example/a')).toEqual({
      kind: 'registry',
      reference: 'r.example/a',
    });
    expect(readCacheFrom('type=local,src=/c,tag=x')).toMatchObject({ kind: 'local', path: '/c', tag: 'x' });
    for (const type of ['gha', 's3', 'azblob'])
      expect(readCacheFrom(`type=${type},scope=x`)).toMatchObject({
        kind: 'none',
        why: expect.stringContaining(`type=${type}`),
      });
    expect(() => readCacheFrom('type=inline')).toThrow(/type=registry,ref=/);
    expect(() => readCacheFrom('type=local')).toThrow('type=local needs src');
    expect(() => readCacheFrom('type=nowhere,ref=x')).toThrow('there is no type nowhere');
  });

  test('cache_to', () => {
    expect(readCacheTo('app:cache')).toMatchObject({
      place: { kind: 'registry' },
      mode: 'min',
      asImage: true,
    });
    expect(readCacheTo('type=local,dest=/c,mode=max,ignore-error=true')).toMatchObject({
      place: { kind: 'local', path: '/c' },
      mode: 'max',
      ignoreError: true,
    });
    expect(readCacheTo('type=inline,mode=max')).toMatchObject({ place: { kind: 'inline' }, mode: 'min' });
    expect(readCacheTo('type=registry,ref=a,image-manifest=false')).toMatchObject({
      asImage: false,
      oci: true,
    });
    expect(() => readCacheTo('type=local,dest=/c,mode=most')).toThrow(/neither min nor max/);
  });
});
