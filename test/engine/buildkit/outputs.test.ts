import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PeerRegistry, startPeerRegistry, whyNoPeerRegistry } from '../../support/peer-registry.ts';
import { type Builder, startBuilder, whyNoBuilder } from '../build/builder.ts';

const noBuilder = whyNoBuilder();
const noBuildx =
  noBuilder ??
  (spawnSync('docker', ['buildx', 'version'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'there is no docker with buildx');
if (noBuildx !== undefined) console.warn(`skipped: outputs and caches of docker buildx: ${noBuildx}`);
const noRegistry = noBuildx ?? whyNoPeerRegistry();
if (noRegistry !== undefined) console.warn(`skipped: pushing by docker buildx: ${noRegistry}`);

const dockerfile = [
  'FROM busybox AS build',
  'COPY one /src/one',
  'RUN cat /src/one >/out',
  'FROM busybox',
  'COPY --from=build /out /out',
  'RUN echo second >/second',
].join('\n');

describe.skipIf(noBuildx !== undefined)('outputs and caches of docker buildx', () => {
  let builder: Builder;
  let place: string;

  beforeAll(async () => {
    builder = await startBuilder();
    place = builder.context('outputs', { Dockerfile: dockerfile, one: 'one' });
  });

  afterAll(async () => {
    if (builder !== undefined) expect(await builder.close()).toEqual([]);
  });

  const at = (name: string): string => join(builder.place, name);

  function docker(...args: string[]) {
    const { DOCKER_CONFIG: config } = process.env;
    const { status, stdout, stderr } = spawnSync('docker', args, {
      encoding: 'utf8',
      timeout: 120_000,
      env: {
        ...builder.engine.dockerEnv,
        ...(config === undefined ? {} : { DOCKER_CONFIG: config }),
        BUILDKIT_PROGRESS: 'plain',
      },
    });
    return { status, text: stdout + stderr };
  }

  const buildx = (...args: string[]) => docker('buildx', 'build', ...args, place);
  const done = (text: string): number => text.match(/^#\d+ CACHED$/gm)?.length ?? 0;

  test.each(['oci', 'docker'])('an archive of type %s has the image and its name', async (type) => {
    const file = at(`${type}.tar`);
    const metadata = at(`${type}.json`);
    const built = buildx(
      '-t',
      `made:${type}`,
      '-o',
      `type=${type},dest=${file}`,
      '--metadata-file',
      metadata,
    );
    expect(built.text).not.toContain('ERROR');
    expect(built.status).toBe(0);
    const directory = at(`${type}.d`);
    mkdirSync(directory);
    execFileSync('tar', ['xf', file, '-C', directory]);
    const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'));
    const facts = JSON.parse(readFileSync(metadata, 'utf8'));
    expect(index.manifests[0].digest).toBe(facts['containerimage.digest']);
    expect(index.manifests[0].annotations['io.containerd.image.name']).toBe(`docker.io/library/made:${type}`);
    // What is given away is not kept.
    expect(docker('image', 'inspect', `made:${type}`).status).not.toBe(0);
    expect(docker('images', '-q', '-f', 'dangling=true').text).toBe('');
    expect(docker('load', '-i', file).text).toContain(`made:${type}`);
    const shown = docker('run', '--rm', '--network', 'none', `made:${type}`, 'cat', '/out', '/second');
    expect(shown.text).toBe('onesecond\n');
    expect(docker('image', 'rm', `made:${type}`).status).toBe(0);
  });

  test('a directory of the client’s keeps the cache, and gives it', () => {
    const cache = at('cache');
    const kept = buildx('--cache-to', `type=local,dest=${cache},mode=max`);
    expect(kept.text).not.toContain('ERROR');
    expect(existsSync(join(cache, 'index.json'))).toBe(true);
    expect(docker('buildx', 'prune', '-af').status).toBe(0);
    const taken = buildx('--cache-from', `type=local,src=${cache}`);
    expect(taken.text).not.toContain('ERROR');
    expect(done(taken.text)).toBe(4);
    rmSync(cache, { recursive: true });
  });

  test('what is not supported is refused in words', () => {
    expect(buildx('-o', `type=oci,tar=false,dest=${at('layout')}`).text).toContain('leave out tar=false');
    expect(buildx('--cache-from', '127.0.0.1:1/x:1').text).toContain('cache_from: 127.0.0.1:1/x');
  });

  describe.skipIf(noRegistry !== undefined)('with a registry', () => {
    let registry: PeerRegistry;

    beforeAll(async () => {
      registry = await startPeerRegistry({ auth: 'none', address: '127.0.0.1' });
    });

    afterAll(() => registry?.close());

    test('the image is pushed, and the cache kept and taken', async () => {
      const name = `${registry.host}/app:1`;
      const cache = `type=registry,ref=${registry.host}/app:cache`;
      const metadata = at('push.json');
      const pushed = buildx(
        '-t',
        name,
        '--push',
        '--cache-to',
        `${cache},mode=max`,
        '--metadata-file',
        metadata,
      );
      expect(pushed.text).not.toContain('ERROR');
      expect(pushed.text).toContain(`pushing ${name}`);
      const { 'containerimage.digest': digest } = JSON.parse(readFileSync(metadata, 'utf8'));
      expect(docker('image', 'rm', '-f', name).status).toBe(0);
      expect(docker('pull', name).text).toContain(digest);
      docker('buildx', 'prune', '-af');
      const taken = buildx('--cache-from', cache);
      expect(done(taken.text)).toBe(4);
    });

    test('an image has the cache in it with type=inline', () => {
      const name = `${registry.host}/inline:1`;
      expect(buildx('-t', name, '--push', '--cache-to', 'type=inline').text).not.toContain('ERROR');
      docker('image', 'rm', '-f', name);
      docker('buildx', 'prune', '-af');
      expect(done(buildx('--cache-from', name).text)).toBeGreaterThan(1);
    });
  });
});
