import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBuildx, whyNoBuildx } from '../../../src/cli/build/foreign/buildx-run.ts';
import { runClassic } from '../../../src/cli/build/foreign/classic-run.ts';
import type { ForeignBuild } from '../../../src/cli/build/foreign/types.ts';
import type { ToldBuildEvent } from '../../../src/engine/client/builds.ts';
import { createEngineClient, type EngineClient } from '../../../src/engine/client/engine-client.ts';
import { createTransport } from '../../../src/engine/client/transport.ts';
import { type Builder, startBuilder, whyNoBuilder } from './builder.ts';

const unmet = whyNoBuilder();
const noBuildx = unmet ?? (await whyNoBuildx(process.env));
if (unmet !== undefined) console.warn(`skipped: builds by POST /build: ${unmet}`);
if (noBuildx !== undefined) console.warn(`skipped: builds by docker buildx: ${noBuildx}`);

let builder: Builder;
let client: EngineClient;

beforeAll(async () => {
  if (unmet !== undefined) return;
  builder = await startBuilder();
  client = await createEngineClient(createTransport({ kind: 'unix', path: builder.engine.socket }));
});

afterAll(async () => {
  if (builder === undefined) return;
  client.close();
  expect(await builder.close()).toEqual([]);
});

type Way = (build: ForeignBuild) => AsyncGenerator<ToldBuildEvent>;

const classic: Way = (build) => runClassic(client, build, { registry: async () => ({}) });
const buildx: Way = (build) =>
  runBuildx(build, {
    env: { ...process.env, DOCKER_HOST: `unix://${builder.engine.socket}` },
    cwd: builder.place,
    registry: async () => ({}),
  });

async function run(
  way: Way,
  build: Omit<ForeignBuild, 'service' | 'signal' | 'build' | 'ssh'> & Partial<ForeignBuild>,
) {
  const events: ToldBuildEvent[] = [];
  const { signal } = new AbortController();
  for await (const event of way({ service: 'web', build: {}, ssh: [], signal, ...build })) events.push(event);
  return events;
}

async function output(image: string, ...command: string[]): Promise<string> {
  const { stdout } = spawnSync('docker', ['run', '--rm', '--network', 'none', image, ...command], {
    env: builder.engine.dockerEnv,
    encoding: 'utf8',
  });
  return stdout;
}

describe.each<[string, Way, string | undefined]>([
  ['POST /build', classic, unmet],
  ['docker buildx', buildx, noBuildx],
])('a build for another engine by %s', (name, way, why) => {
  const tag = name.replace(/\W+/g, '').toLowerCase();

  test.skipIf(why !== undefined)('makes the image with what it is asked for', async () => {
    const context = builder.context(`${tag}-good`, {
      'docker/App':
        'FROM busybox AS one\nARG WHO\nCOPY . /app\nRUN echo "for $WHO" | tee /who\nFROM one AS two\nRUN exit 1\n',
      '.dockerignore': 'left*\n',
      file: 'content',
      'left-out': 'never',
    });
    const request = {
      context,
      dockerfile: 'docker/App',
      target: 'one',
      args: { WHO: tag },
      labels: { a: 'b' },
      tags: [`${tag}:1`, `${tag}:2`],
    };
    const events = await run(way, { request });
    expect(events.filter(({ type }) => type === 'error')).toEqual([]);
    expect(events.flatMap((event) => (event.type === 'log' ? [event.text] : []))).toContain(`for ${tag}`);
    const done = events.at(-1);
    if (done?.type !== 'done') throw new Error(JSON.stringify(done));
    const shown = await client.images.inspect(`${tag}:2`);
    expect(shown.Id).toBe(done.image);
    expect(shown.Config?.Labels).toEqual({ a: 'b' });
    expect((await output(`${tag}:1`, 'ls', '/app')).trim().split('\n')).toEqual(['docker', 'file']);
    const again = await run(way, { request });
    expect(again.some((event) => event.type === 'end' && event.outcome === 'cached')).toBe(true);
  });

  test.skipIf(why !== undefined)('tells of what failed', async () => {
    const context = builder.context(`${tag}-bad`, {});
    const dockerfileText = 'FROM busybox\nRUN echo last-words && exit 4\n';
    const events = await run(way, { request: { context, dockerfileText } });
    const error = events.at(-1);
    if (error?.type !== 'error') throw new Error(JSON.stringify(error));
    expect(error.message).toContain('exit code: 4');
    expect(error.output?.lines).toContain('last-words');
  });
});

test.skipIf(noBuildx !== undefined)('buildx gets secrets, and leaves no file of them', async () => {
  const context = builder.context('buildx-secret', {});
  const request = {
    context,
    dockerfileText: 'FROM busybox\nRUN --mount=type=secret,id=word wc -c </run/secrets/word >/count\n',
    secrets: { word: Buffer.from([0, 255, 10, 65]).toString('base64') },
    tags: ['buildx-secret'],
  };
  const events = await run(buildx, { request });
  expect(events.at(-1)).toMatchObject({ type: 'done' });
  expect((await output('buildx-secret', 'cat', '/count')).trim()).toBe('4');
  const left = spawnSync('find', ['/tmp', '-maxdepth', '1', '-name', 'tcompose-buildx-*', '-newer', context]);
  expect(left.stdout.toString()).toBe('');
});
