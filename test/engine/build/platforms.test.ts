import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PeerRegistry, startPeerRegistry, whyNoPeerRegistry } from '../../support/peer-registry.ts';
import { transfer } from '../../support/transfer.ts';
import { type Builder, startBuilder, whyNoBuilder } from './builder.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: builds for several platforms: ${unmet}`);
const noRegistry = unmet ?? whyNoPeerRegistry();
if (noRegistry !== undefined) console.warn(`skipped: pushing images of several platforms: ${noRegistry}`);

const cross = [
  'FROM --platform=$BUILDPLATFORM busybox AS build',
  'ARG TARGETPLATFORM TARGETARCH BUILDARCH',
  'RUN echo "$BUILDARCH makes $TARGETPLATFORM" >/out',
  'FROM scratch',
  'ARG TARGETARCH',
  'COPY --from=build /out /out',
  'LABEL arch=$TARGETARCH',
].join('\n');
const platforms = ['linux/amd64', 'linux/arm64', 'linux/arm/v7'];
const own = process.arch === 'arm64' ? 'arm64' : 'amd64';
const other = own === 'amd64' ? 'arm64' : 'amd64';

describe.skipIf(unmet !== undefined)('builds for several platforms', () => {
  let builder: Builder;

  beforeAll(async () => {
    builder = await startBuilder();
  });

  afterAll(async () => {
    if (builder !== undefined) expect(await builder.close()).toEqual([]);
  });

  interface Shown {
    readonly Id: string;
    readonly Architecture: string;
    readonly Config: { readonly Labels: Readonly<Record<string, string>> };
  }
  const shown = async (name: string) => (await builder.engine.api<Shown>('GET', `/images/${name}/json`)).json;

  test('make an image for each, under one name', async () => {
    const built = await builder.build({ text: cross, platforms, tags: ['cross:1'] });
    expect(built.error).toBeUndefined();
    const done = built.events.find((event) => event.type === 'done');
    expect(done?.images).toHaveLength(3);
    expect(built.image).toBe(done?.images?.[platforms.indexOf(`linux/${own}`)]);
    const image = await shown('cross:1');
    expect([image.Id, image.Architecture]).toEqual([built.image, own]);
    const labels = await Promise.all((done?.images ?? []).map(async (id) => (await shown(id)).Config.Labels));
    expect(labels.map(({ arch }) => arch)).toEqual(['amd64', 'arm64', 'arm']);
    const names = built.events.flatMap((event) => (event.type === 'end' ? [event.name] : []));
    expect(names).toContain(`[linux/arm/v7 build 2/2] RUN echo "${own} makes linux/arm/v7" >/out`);
    // Another build of the same is all there.
    const again = await builder.build({ text: cross, platforms, tags: ['cross:1'] });
    expect(again.events.filter((event) => event.type === 'end' && event.outcome === 'done')).toHaveLength(3);
    expect((await builder.engine.api('DELETE', '/images/cross:1')).status).toBe(200);
  });

  test('a command of another platform is no result of this one’s, and fails in a sentence where it can’t run', async () => {
    const program = Buffer.from(recordedProgram(), 'base64');
    const machine = { amd64: 62, arm64: 183 } as const;
    const context = builder.context('programs', { x: '' });
    const { writeFileSync, chmodSync } = await import('node:fs');
    for (const arch of ['amd64', 'arm64'] as const) {
      program[18] = machine[arch];
      writeFileSync(join(context, arch), program);
      chmodSync(join(context, arch), 0o755);
    }
    if (own === 'amd64') {
      const text = `FROM scratch\nCOPY ${own} /run\nRUN ["/run"]`;
      expect((await builder.build({ context, text, platform: `linux/${own}` })).error).toBeUndefined();
      const elsewhere = await builder.build({ context, text, platform: `linux/${other}` });
      expect(elsewhere.cached.filter((name) => name.includes('RUN'))).toEqual([]);
    }
    const text = `FROM scratch\nCOPY ${other} /run\nRUN ["/run"]`;
    const failed = await builder.build({
      context,
      text,
      platforms: [`linux/${own}`, `linux/${other}`],
      tags: ['none:1'],
    });
    expect(failed.error?.message).toContain('exec format error');
    expect(failed.error?.hint).toContain('another architecture');
    expect((await builder.engine.api('GET', '/images/none:1/json')).status).toBe(404);
  });

  test('a platform that is none is an error', async () => {
    const built = await builder.build({ text: cross, platforms: ['linux/amd64', 'a/b/c/d'] });
    expect(built.error?.message).toContain('failed to parse platform a/b/c/d');
  });

  describe.skipIf(noRegistry !== undefined)('with a registry', () => {
    let registry: PeerRegistry;
    const credentials = { username: 'user', password: 'secret' };

    beforeAll(async () => {
      registry = await startPeerRegistry({ auth: 'basic', address: '127.0.0.1' });
    });

    afterAll(() => registry?.close());

    test('are pushed as an index, and fetched for any of them', async () => {
      const name = `${registry.host}/cross`;
      const built = await builder.build({ text: cross, platforms, tags: [`${name}:1`] });
      expect(built.error).toBeUndefined();
      const pushed = await transfer(builder.engine.socket, `/images/${name}/push?tag=1`, { credentials });
      expect(pushed.lines.at(-1)).toHaveProperty('aux');
      const answer = await fetch(`http://${name.replace('/', '/v2/')}/manifests/1`, {
        headers: {
          accept: 'application/vnd.oci.image.index.v1+json',
          authorization: `Basic ${Buffer.from('user:secret').toString('base64')}`,
        },
      });
      const index = (await answer.json()) as { manifests: { platform: { architecture: string } }[] };
      expect(index.manifests.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64', 'arm']);
      await builder.engine.api('DELETE', `/images/${name}:1?force=1`);
      const query = `fromImage=${name}&tag=1&platform=linux/${other}`;
      const pulled = await transfer(builder.engine.socket, `/images/create?${query}`, { credentials });
      expect(pulled.lines.some(({ error }) => error !== undefined)).toBe(false);
      expect((await shown(`${name}:1`)).Architecture).toBe(other);
    });
  });
});

/** A program of a few bytes that does nothing, in base64. */
function recordedProgram(): string {
  const file = join(import.meta.dirname, 'buildkit-cache.json');
  const { context } = JSON.parse(readFileSync(file, 'utf8')) as { context: { true: { data: string } } };
  return context.true.data;
}
