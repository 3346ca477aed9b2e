import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeRegistryAuth } from '../../../src/engine/api/registry-headers.ts';
import { peerDockerVersion, peerProgram, startPeerDocker } from '../../support/peer-programs.ts';
import { type PeerRegistry, startPeerRegistry, whyNoPeerRegistry } from '../../support/peer-registry.ts';
import { transfer } from '../../support/transfer.ts';
import { type Builder, type Built, send, startBuilder, whyNoBuilder } from './builder.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: caches of builds: ${unmet}`);
const noRegistry = unmet ?? whyNoPeerRegistry();
if (noRegistry !== undefined) console.warn(`skipped: caches of builds in registries: ${noRegistry}`);

const noPeer = unmet ?? (peerDockerVersion() >= 28 ? undefined : 'there is no dockerd 28 or newer');
if (noPeer !== undefined) console.warn(`skipped: BuildKit with a cache that was kept here: ${noPeer}`);

type File = { readonly link: string } | { readonly mode: number; readonly data: string };

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'buildkit-cache.json'), 'utf8')) as {
  readonly context: Readonly<Record<string, File>>;
  readonly cache: Readonly<Record<string, string>>;
};

function write(top: string, files: Readonly<Record<string, File>>): string {
  for (const [name, file] of Object.entries(files)) {
    const path = join(top, name);
    mkdirSync(dirname(path), { recursive: true });
    if ('link' in file) symlinkSync(file.link, path);
    else {
      writeFileSync(path, Buffer.from(file.data, 'base64'));
      chmodSync(path, file.mode);
    }
  }
  return top;
}

const warningsOf = ({ events }: Built): readonly string[] =>
  events.flatMap((event) => (event.type === 'warning' && event.rule === undefined ? [event.message] : []));

/** Names of the steps that were carried out, and not taken from anywhere. */
const doneOf = ({ events }: Built): readonly string[] =>
  events.flatMap((event) =>
    event.type === 'end' && event.outcome === 'done' && !event.name.includes(' FROM ') ? [event.name] : [],
  );

/** The image that builds are upon, as an archive. */
function imageArchive(builder: Builder): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const path = '/images/busybox:latest/get';
    const asked = request({ socketPath: builder.engine.socket, path }, async (answer) => {
      const parts: Buffer[] = [];
      for await (const part of answer) parts.push(part as Buffer);
      resolve(Buffer.concat(parts));
    });
    asked.on('error', reject).end();
  });
}

/** Gives the second engine the image that the first one has. */
function sameBase(first: Builder, second: Builder): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = '/images/busybox:latest/get';
    const asked = request({ socketPath: first.engine.socket, path }, (answer) => {
      send(second.engine.socket, '/images/load', answer, () => {}).then(resolve, reject);
    });
    asked.on('error', reject).end();
  });
}

const stages = [
  'FROM busybox AS build',
  'WORKDIR /src',
  'COPY . ./',
  'RUN cat one.txt >out && rm one.txt && echo made >&2',
  'FROM busybox',
  'COPY --from=build /src/out /out',
  'COPY --link two.txt /linked/',
  'RUN rm /bin/yes && mkdir /new && echo text >/new/file',
].join('\n');
const files = { 'one.txt': 'one', 'two.txt': 'two' };
const cross = [
  'FROM --platform=$BUILDPLATFORM busybox AS build',
  'RUN echo shared >/shared',
  'ARG TARGETPLATFORM',
  'RUN echo "for $TARGETPLATFORM" >/out',
  'FROM scratch',
  'COPY --from=build /shared /out /',
].join('\n');
const platforms = ['linux/amd64', 'linux/arm64'];

describe.skipIf(unmet !== undefined)('caches of builds', () => {
  let first: Builder;
  let second: Builder;

  beforeAll(async () => {
    first = await startBuilder();
    second = await startBuilder();
    // Two of them, packed at two times, are two images.
    await sameBase(first, second);
  });

  afterAll(async () => {
    expect(await first?.close()).toEqual([]);
    expect(await second?.close()).toEqual([]);
  });

  const at = (name: string): string => join(first.place, name);
  const history = async (builder: Builder, image: string | undefined) =>
    (await builder.engine.api<{ RootFS: { Layers: string[] } }>('GET', `/images/${image}/json`)).json.RootFS
      .Layers;

  test('one that BuildKit made has every step', async () => {
    const context = write(at('recorded'), recorded.context);
    const cache = write(
      at('buildkit'),
      Object.fromEntries(Object.entries(recorded.cache).map(([name, data]) => [name, { mode: 0o644, data }])),
    );
    const built = await first.build({ context, cacheFrom: [`type=local,src=${cache}`] });
    expect(built.error).toBeUndefined();
    expect(warningsOf(built)).toEqual([]);
    expect(doneOf(built)).toEqual([]);
    expect(built.cached).toHaveLength(13);
    // And without it, what was taken is there; what was not needed of it is not.
    const again = await first.build({ context, target: '' });
    expect(again.error).toBeUndefined();
  });

  test('a content that another step made is found by itself', async () => {
    const context = write(at('changed'), recorded.context);
    const text = readFileSync(join(context, 'Dockerfile'), 'utf8').replace(' AS build', '$&\nLABEL other=1');
    writeFileSync(join(context, 'Dockerfile'), text.replace('"/bin/true", "1"', '"/bin/true", "other"'));
    const built = await second.build({ context, cacheFrom: [`type=local,src=${at('buildkit')}`] });
    expect(built.error).toBeUndefined();
    expect(doneOf(built)).toEqual([
      expect.stringContaining('["/bin/true", "other"]'),
      expect.stringContaining('RUN --mount'),
    ]);
  });

  test('one engine takes the steps that another one kept in a directory', async () => {
    const context = first.context('app', files);
    const kept = await first.build({
      context,
      text: stages,
      cacheTo: [`type=local,dest=${at('kept')},mode=max`],
    });
    expect(kept.error).toBeUndefined();
    const taken = await second.build({ context, text: stages, cacheFrom: [`type=local,src=${at('kept')}`] });
    expect([taken.error, warningsOf(taken), doneOf(taken)]).toEqual([undefined, [], []]);
    expect(await history(second, taken.image)).toEqual(await history(first, kept.image));
    const changed = await second.build({
      context: second.context('app2', { ...files, 'two.txt': 'other' }),
      text: stages,
      cacheFrom: [`type=local,src=${at('kept')}`],
    });
    expect(changed.error).toBeUndefined();
    expect(doneOf(changed)).toContainEqual(expect.stringContaining('--link two.txt'));
  });

  test('with mode=min there are the layers of the image alone', async () => {
    const context = first.context('app', files);
    const output = `type=local,dest=${at('least')}`;
    expect((await first.build({ context, text: stages, cacheTo: [output] })).error).toBeUndefined();
    const blobs = (name: string) => readdirSync(join(at(name), 'blobs/sha256')).length;
    expect(blobs('least')).toBeLessThan(blobs('kept'));
    const context2 = second.context('app3', files);
    await second.engine.api('POST', '/build/prune?all=1');
    const taken = await second.build({
      context: context2,
      text: stages,
      cacheFrom: [`type=local,src=${at('least')}`],
    });
    expect([taken.error, doneOf(taken)]).toEqual([undefined, []]);
  });

  test('one of several platforms has the steps of each', async () => {
    const kept = await first.build({
      text: cross,
      platforms,
      cacheTo: [`type=local,dest=${at('platforms')},mode=max`],
    });
    expect([kept.error, warningsOf(kept)]).toEqual([undefined, []]);
    await second.engine.api('POST', '/build/prune?all=1');
    for (const platform of platforms) {
      const cacheFrom = [`type=local,src=${at('platforms')}`];
      const taken = await second.build({ text: cross, platform, cacheFrom });
      expect([taken.error, warningsOf(taken), doneOf(taken)]).toEqual([undefined, [], []]);
    }
  });

  test('a damaged layer is told of, and the step is carried out', async () => {
    const blobs = join(at('least'), 'blobs/sha256');
    const index = JSON.parse(readFileSync(join(at('least'), 'index.json'), 'utf8'));
    const manifest = JSON.parse(readFileSync(join(blobs, index.manifests[0].digest.slice(7)), 'utf8'));
    const last = manifest.layers.at(-1).digest.slice(7);
    writeFileSync(join(blobs, last), Buffer.alloc(readFileSync(join(blobs, last)).length));
    const text = `${stages}\nRUN true`;
    await second.engine.api('POST', '/build/prune?all=1');
    await second.engine.api('POST', '/images/prune?filters={"dangling":["true"]}');
    const taken = await second.build({
      context: second.context('app3', files),
      text,
      cacheFrom: [`type=local,src=${at('least')}`],
    });
    expect(taken.error).toBeUndefined();
    expect(warningsOf(taken)).toEqual([expect.stringContaining(`cache_from: ${at('least')}`)]);
  });

  test('what can not be had is a warning; what cannot be kept is an error, unless that is asked for', async () => {
    const text = 'FROM busybox\nRUN true';
    const from = await first.build({
      text,
      cacheFrom: ['type=local,src=/nowhere', '127.0.0.1:1/app:cache', 'type=gha,scope=x'],
      cacheTo: ['type=s3,bucket=x', 'type=local,dest=/proc/nowhere,ignore-error=true'],
    });
    expect(from.error).toBeUndefined();
    expect(warningsOf(from)).toEqual([
      expect.stringContaining('type=s3 is not supported'),
      expect.stringContaining('type=gha is not supported'),
      expect.stringMatching(/^cache_from: (?:\/nowhere|127)/),
      expect.stringMatching(/^cache_from: (?:\/nowhere|127)/),
      expect.stringContaining('failed to export the build cache'),
    ]);
    const to = await first.build({ text, cacheTo: ['type=local,dest=/proc/nowhere'] });
    expect(to.error?.message).toContain('failed to export the build cache');
    const wrong = await first.build({ text, cacheTo: ['type=nothing'] });
    expect(wrong.error?.message).toContain('there is no type nothing');
  });

  describe.skipIf(noRegistry !== undefined)('in a registry', () => {
    let registry: PeerRegistry;
    const credentials = { username: 'user', password: 'secret' };
    const options = { registry: () => ({ 'X-Registry-Auth': encodeRegistryAuth(credentials) }) };

    beforeAll(async () => {
      registry = await startPeerRegistry({ auth: 'basic', address: '127.0.0.1' });
    });

    afterAll(() => registry?.close());

    test.each(['image-manifest=true', 'image-manifest=false', 'oci-mediatypes=false'])('%s', async (form) => {
      const name = `${registry.host}/cache:${form.slice(0, 3)}${form.length}`;
      const text = stages.replace('text', form);
      const to = [`type=registry,ref=${name},mode=max,${form}`];
      const context = first.context('app', files);
      const kept = await first.build({ context, text, cacheTo: to }, options);
      expect(kept.error).toBeUndefined();
      await second.engine.api('POST', '/build/prune?all=1');
      const built = await second.build({ context, text, cacheFrom: [name] }, options);
      expect([built.error, warningsOf(built), doneOf(built)]).toEqual([undefined, [], []]);
    });

    test('an image has its own in its configuration', async () => {
      const name = `${registry.host}/inline:1`;
      const context = first.context('app', files);
      const text = stages.replace('text', 'inline');
      const kept = await first.build({ context, text, tags: [name], cacheTo: ['type=inline'] }, options);
      expect(kept.error).toBeUndefined();
      await transfer(first.engine.socket, `/images/${name.replace(':1', '')}/push?tag=1`, { credentials });
      await second.engine.api('POST', '/build/prune?all=1');
      const built = await second.build({ context, text, cacheFrom: [`type=registry,ref=${name}`] }, options);
      expect([built.error, warningsOf(built), doneOf(built)]).toEqual([undefined, [], []]);
      // The image that is here is asked before any registry.
      await first.engine.api('POST', '/build/prune?all=1');
      const here = await first.build({ context, text, cacheFrom: [name] });
      expect([here.error, warningsOf(here), doneOf(here)]).toEqual([undefined, [], []]);
    });
  });

  test.skipIf(noPeer !== undefined)(
    'BuildKit takes the steps that were kept here',
    async () => {
      const { docker, socket, stop } = await startPeerDocker(at('docker'), 'containerd');
      try {
        const archive = at('base.tar');
        writeFileSync(archive, await imageArchive(first));
        docker('load', '-i', archive);
        const client = peerProgram('docker') ?? [];
        const command = ['-H', socket, 'buildx', 'build', '--progress=plain', '--cache-from'];
        const context = first.context('for-peer', {
          ...files,
          Dockerfile: stages,
          '.dockerignore': 'Dockerfile',
        });
        const kept = await first.build({
          context,
          cacheTo: [`type=local,dest=${at('for-buildkit')},mode=max`],
        });
        expect(kept.error).toBeUndefined();
        const [program = '', ...rest] = client;
        const args = [...rest, ...command, `type=local,src=${at('for-buildkit')}`, context];
        const { stderr, status } = spawnSync(program, args, { encoding: 'utf8' });
        expect([status, stderr.match(/^#\d+ CACHED$/gm)?.length]).toEqual([0, 6]);
        const other = first.context('for-peer-platforms', { Dockerfile: cross });
        const from = ['--cache-from', `type=local,src=${at('platforms')}`, other];
        const both = ['-H', socket, 'buildx', 'build', '--progress=plain', '--platform', platforms.join(',')];
        const built = spawnSync(program, [...rest, ...both, ...from], { encoding: 'utf8' });
        expect([built.status, built.stderr.match(/^#\d+ CACHED$/gm)?.length]).toEqual([0, 5]);
      } finally {
        await stop();
      }
    },
    120_000,
  );

  test('a build leaves no trace in the directory of a cache but the cache', () => {
    expect(existsSync(join(at('kept'), 'oci-layout'))).toBe(true);
    expect(readdirSync(at('kept')).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    for (const name of readdirSync(join(at('kept'), 'blobs/sha256'))) expect(name).toMatch(/^[0-9a-f]{64}$/);
    rmSync(at('kept'), { recursive: true });
  });
});
