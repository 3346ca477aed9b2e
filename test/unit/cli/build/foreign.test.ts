import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildxCall, missingOfBuildx } from '../../../../src/cli/build/foreign/buildx-arguments.ts';
import { BuildxEvents } from '../../../../src/cli/build/foreign/buildx-events.ts';
import { ClassicEvents } from '../../../../src/cli/build/foreign/classic-events.ts';
import { classicQuery, missingOfClassic } from '../../../../src/cli/build/foreign/classic-query.ts';
import { contextTar } from '../../../../src/cli/build/foreign/context-tar.ts';
import { registryConfig } from '../../../../src/cli/build/foreign/registry-config.ts';
import type { BuildRequest } from '../../../../src/engine/api/build.ts';
import { TarReader } from '../../../../src/tar/tar-reader.ts';

const request: BuildRequest = {
  context: '/project/app',
  dockerfile: 'docker/App.Dockerfile',
  target: 'prod',
  args: { TOKEN: 'hush', EMPTY: '' },
  labels: { 'a.b': 'c=d' },
  tags: ['app:1', 'app'],
  contexts: { base: 'docker-image://busybox', lib: '/project/lib' },
  platform: 'linux/arm64',
  pull: true,
  noCache: true,
  noCacheFilter: ['deps'],
  network: 'host',
  extraHosts: ['db=10.0.0.1'],
  shmSize: 1024,
  ulimits: ['nofile=10:20', 'nproc=5'],
};

describe('a call of buildx', () => {
  it('says everything, values of arguments aside', () => {
    const build = {
      cache_from: ['type=registry,ref=x/y'],
      cache_to: ['type=inline'],
      entitlements: ['network.host'],
      provenance: 'false',
      sbom: 'true',
    };
    const { args, env, input } = buildxCall(request, build, ['default', 'key=/k'], {
      id: '/tmp/id',
      secrets: { word: '/tmp/s' },
    });
    expect(args).toEqual([
      'buildx',
      'build',
      '--progress=rawjson',
      '--load',
      '--iidfile=/tmp/id',
      '--file=/project/app/docker/App.Dockerfile',
      '--target=prod',
      '--build-arg=TOKEN',
      '--build-arg=EMPTY',
      '--label=a.b=c=d',
      '--tag=app:1',
      '--tag=app',
      '--build-context=base=docker-image://busybox',
      '--build-context=lib=/project/lib',
      '--secret=type=file,id=word,src=/tmp/s',
      '--ssh=default',
      '--ssh=key=/k',
      '--platform=linux/arm64',
      '--pull',
      '--no-cache',
      '--no-cache-filter=deps',
      '--network=host',
      '--add-host=db=10.0.0.1',
      '--shm-size=1024',
      '--ulimit=nofile=10:20',
      '--ulimit=nproc=5',
      '--cache-from=type=registry,ref=x/y',
      '--cache-to=type=inline',
      '--allow=network.host',
      '--provenance=false',
      '--sbom=true',
      '--',
      '/project/app',
    ]);
    expect(env).toEqual({ TOKEN: 'hush', EMPTY: '' });
    expect(args.join(' ')).not.toContain('hush');
    expect(input).toBeUndefined();
  });

  it('takes an inline Dockerfile by standard input, and a repository as it is', () => {
    const files = { id: '/i', secrets: {} };
    const inline = buildxCall({ context: '/c', dockerfileText: 'FROM scratch' }, {}, [], files);
    expect(inline.args).toContain('--file=-');
    expect(inline.input).toBe('FROM scratch');
    const git = buildxCall({ context: 'https://h/x.git#main:sub', dockerfile: 'D' }, {}, [], files);
    expect(git.args.slice(-3)).toEqual(['--file=D', '--', 'https://h/x.git#main:sub']);
    const several = buildxCall({ context: '/c' }, { platforms: ['linux/amd64', 'linux/arm64'] }, [], files);
    expect(several.args).toContain('--platform=linux/amd64,linux/arm64');
    expect(buildxCall({ context: '/c', only: 'check' }, {}, [], files).args).toContain('--check');
    expect(missingOfBuildx('web', { privileged: true })).toHaveLength(1);
  });
});

describe('what buildx tells', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const at = (second: number) => new Date(1e12 + second * 1000).toISOString();
  const lines = (events: BuildxEvents, told: readonly object[]) =>
    told.flatMap((one) => events.take(JSON.stringify(one)));

  it('becomes events: each step begun and ended once, its output by lines', () => {
    const events = new BuildxEvents();
    const step = { digest: 'sha256:1', name: '[1/2] RUN make' };
    expect(
      lines(events, [
        { vertexes: [step] },
        { vertexes: [{ ...step, started: at(0) }] },
        { logs: [{ vertex: 'sha256:1', stream: 1, data: base64('one\ntw') }] },
        { logs: [{ vertex: 'sha256:1', stream: 2, data: base64('o') }] },
        {
          warnings: [
            { vertex: 'sha256:1', level: 1, short: base64('JSONArgsRecommended: write it so (line 3)') },
          ],
        },
        { vertexes: [{ ...step, started: at(0), completed: at(2) }] },
        { vertexes: [{ ...step, started: at(0), completed: at(2) }] },
        { vertexes: [{ digest: 'sha256:2', name: 'COPY', started: at(2), completed: at(2), cached: true }] },
      ]),
    ).toEqual([
      { type: 'start', step: 0, name: '[1/2] RUN make' },
      { type: 'log', step: 0, text: 'one' },
      { type: 'warning', rule: 'JSONArgsRecommended', message: 'write it so (line 3)' },
      { type: 'log', step: 0, text: 'two' },
      { type: 'end', step: 0, name: '[1/2] RUN make', outcome: 'done', took: 2000 },
      { type: 'end', step: 1, name: 'COPY', outcome: 'cached', took: 0 },
    ]);
  });

  it('becomes an error with the output of the step that failed', () => {
    const events = new BuildxEvents();
    const step = { digest: 'sha256:1', name: 'RUN x', started: at(0) };
    lines(events, [
      { vertexes: [step] },
      { logs: [{ vertex: 'sha256:1', data: base64('boo\n') }] },
      { vertexes: [{ ...step, completed: at(1), error: 'exit code: 1' }] },
    ]);
    for (const words of [
      'Dockerfile:3',
      '{not json',
      'ERROR: failed to build: failed to solve: exit code: 1',
      '',
    ])
      expect(events.take(words)).toEqual([]);
    expect(events.failure(1)).toEqual({
      type: 'error',
      code: 'BUILD_STEP',
      message: 'exit code: 1',
      output: { name: 'RUN x', lines: ['boo'] },
    });
    expect(new BuildxEvents().failure(125).message).toContain('125');
  });
});

describe('the classic builder', () => {
  it('is asked by parameters', () => {
    const build = { cache_from: ['x/y', 'type=registry,ref=z', 'type=gha'] };
    const query = classicQuery(request, build, 'D');
    expect(query.getAll('t')).toEqual(['app:1', 'app']);
    const { t: _tags, ...others } = Object.fromEntries(query);
    expect(others).toEqual({
      version: '1',
      rm: '1',
      forcerm: '1',
      dockerfile: 'D',
      buildargs: '{"TOKEN":"hush","EMPTY":""}',
      labels: '{"a.b":"c=d"}',
      cachefrom: '["x/y","z"]',
      ulimits: '[{"Name":"nofile","Soft":10,"Hard":20},{"Name":"nproc","Soft":5,"Hard":5}]',
      target: 'prod',
      platform: 'linux/arm64',
      networkmode: 'host',
      shmsize: '1024',
      extrahosts: 'db:10.0.0.1',
      nocache: '1',
      pull: '1',
    });
    expect(classicQuery({ context: 'https://h/x.git' }, {}, 'Dockerfile').get('remote')).toBe(
      'https://h/x.git',
    );
  });

  it('is said to leave out what it can’t do', () => {
    const said = missingOfClassic('web', { ...request, secrets: { a: '' } }, { cache_to: ['x'] }, [
      'default',
    ]);
    expect(said.map((one) => /build\.(\w+)/.exec(one)?.[1])).toEqual([
      'secrets',
      'ssh',
      'additional_contexts',
      'no_cache_filter',
      'cache_to',
    ]);
    expect(missingOfClassic('web', { context: '/c' }, {}, [])).toEqual([]);
  });

  it('tells steps in a stream of text', () => {
    let now = 0;
    const events = new ClassicEvents(['app'], () => now);
    const told = [
      { stream: 'Step 1/2 : FROM busybox\n' },
      { stream: ' ---> 0123456789ab\n' },
      { stream: 'Step 2/2 : RUN make\n' },
      { stream: ' ---> Running in 0123456789ab\n' },
      { stream: 'one\ntw' },
      { stream: 'o\n' },
    ].flatMap((message) => {
      now += 10;
      return events.take(message);
    });
    expect(told).toEqual([
      { type: 'start', step: 0, name: 'FROM busybox' },
      { type: 'end', step: 0, name: 'FROM busybox', outcome: 'done', took: 20 },
      { type: 'start', step: 1, name: 'RUN make' },
      { type: 'log', step: 1, text: 'one' },
      { type: 'log', step: 1, text: 'two' },
    ]);
    expect(events.take({ error: 'it failed' })).toMatchObject([
      { type: 'end', outcome: 'failed' },
      { type: 'error', message: 'it failed', output: { lines: ['one', 'two'] } },
    ]);
    const good = new ClassicEvents(['app'], () => now);
    good.take({ stream: 'Step 1/1 : FROM a\n ---> Using cache\n' });
    good.take({ aux: { ID: 'sha256:1' } });
    expect(good.end()).toMatchObject([
      { outcome: 'cached' },
      { type: 'done', image: 'sha256:1', tags: ['app'] },
    ]);
  });

  it('gets credentials for the images of the Dockerfile', async () => {
    const auth = (user: string) => Buffer.from(JSON.stringify({ username: user })).toString('base64url');
    const headers = await registryConfig(
      'FROM --platform=linux/amd64 reg.example:5000/a/b AS x\nFROM scratch\nFROM $BASE\nfrom busybox\nFROM other.example/c\n',
      async (image): Promise<Readonly<Record<string, string>>> =>
        image.startsWith('other') ? {} : { 'X-Registry-Auth': auth(image) },
    );
    expect(JSON.parse(Buffer.from(headers['X-Registry-Config']!, 'base64url').toString())).toEqual({
      'reg.example:5000': { username: 'reg.example:5000/a/b' },
      'https://index.docker.io/v1/': { username: 'busybox' },
    });
    expect(await registryConfig(undefined, async () => ({}))).toEqual({});
  });
});

describe('a context as a tar', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'tcompose-context-'));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  it('has what the patterns let through, and what the builder needs', async () => {
    for (const directory of ['docker', 'out/deep', 'kept'])
      mkdirSync(join(place, directory), { recursive: true });
    for (const file of [
      'a',
      'docker/D',
      'docker/x',
      'out/deep/one',
      'out/deep/two',
      'kept/b',
      '.dockerignore',
    ])
      writeFileSync(join(place, file), file);
    symlinkSync('/etc/passwd', join(place, 'link'));
    const patterns = ['docker', 'out', '!out/deep/one', '.dockerignore'];
    const archive = contextTar(place, patterns, ['.dockerignore', 'docker/D'], { '.dockerfile.1': 'FROM x' });
    const reader = new TarReader(archive);
    const names: string[] = [];
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      names.push(entry.name);
      expect([entry.uid, entry.gid]).toEqual([0, 0]);
    }
    expect(names).toEqual([
      '.dockerignore',
      'a',
      'docker/D',
      'kept/',
      'kept/b',
      'link',
      'out/deep/one',
      '.dockerfile.1',
    ]);
  });
});
