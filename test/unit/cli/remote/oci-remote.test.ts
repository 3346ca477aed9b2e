import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  annotations,
  artifactTypes,
  filesOfArtifact,
  parseArtifact,
} from '../../../../src/cli/remote/oci-artifact.ts';
import { remoteFiles } from '../../../../src/cli/remote/remote-files.ts';

const sha = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** A layer's descriptor. */
const layer = (text: string, noted: Record<string, string>, mediaType: string = artifactTypes.file) => ({
  mediaType,
  digest: sha(text),
  size: Buffer.byteLength(text),
  annotations: noted,
});
const parsed = (text: string, noted: Record<string, string>, mediaType?: string) => ({
  layer: { ...layer(text, noted, mediaType), data: undefined },
  text,
});

describe('an artifact', () => {
  const read = (manifest: object) => parseArtifact(Buffer.from(JSON.stringify(manifest)), 'R');

  it('is known by its type, or by that of its configuration, or leads there by an index', () => {
    expect(read({ artifactType: artifactTypes.project, layers: [] })).toEqual({
      kind: 'project',
      layers: [],
    });
    expect(read({ config: { mediaType: artifactTypes.oldConfig } }).kind).toBe('project');
    const entries = [{ digest: 'a' }, { digest: 'b', artifactType: artifactTypes.project }];
    expect(read({ manifests: entries })).toEqual({ kind: 'index', project: 'b' });
  });

  it.each([
    [
      { config: { mediaType: 'application/vnd.oci.image.config.v1+json' } },
      'not a compose project OCI artifact, but application/vnd.oci.image.config',
    ],
    [{ manifests: [] }, 'an index without one'],
    [{ artifactType: artifactTypes.project, layers: [{}] }, 'no digest or size'],
    [
      { artifactType: artifactTypes.project, layers: [{ digest: 'x', size: 1e12 }] },
      'has 1000000000000 bytes',
    ],
    [[], 'not a JSON object'],
  ])('%j is refused', (manifest, why) => expect(() => read(manifest)).toThrow(why));

  it('is a compose file of several documents, and files by their names', () => {
    const files = filesOfArtifact(
      [
        parsed('a', { [annotations.file]: 'compose.yaml' }),
        parsed('x', { [annotations.file]: 'h.yaml', [annotations.extends]: 'true' }),
        parsed('b', { [annotations.file]: 'image-digests.yaml' }),
        parsed('K=v', { [annotations.envFile]: 'h.env' }, artifactTypes.envFile),
        parsed('?', {}, 'application/other'),
      ],
      'R',
    );
    expect(Object.fromEntries(files)).toEqual({ 'compose.yaml': 'a\n---\nb', 'h.yaml': 'x', 'h.env': 'K=v' });
  });

  it.each(['../x', 'a/b', 'a\\b', '..', '.', '', 'compose.yaml'])('has no file of the name %j', (name) => {
    const layers = [
      parsed('a', {}),
      parsed('x', { [annotations.file]: name, [annotations.extends]: 'true' }),
    ];
    expect(() => filesOfArtifact(layers, 'R')).toThrow('invalid OCI artifact');
  });
});

describe('a published project', () => {
  let server: Server;
  let host: string;
  let home: string;
  const blobs = new Map<string, string>();
  const manifests = new Map<string, string>();
  const asked: string[] = [];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
    const publish = (tag: string, texts: readonly string[]) => {
      const layers = texts.map((text) => layer(text, { [annotations.file]: 'compose.yaml' }));
      for (const text of texts) blobs.set(sha(text), text);
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        artifactType: artifactTypes.project,
        layers,
      });
      manifests.set(tag, manifest).set(sha(manifest), manifest);
    };
    publish('1', ['services: {a: {image: x}}', 'services: {b: {image: y}}']);
    publish('bad', ['services: {}']);
    blobs.set(sha('services: {}'), 'services: []');
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const [, kind, name = ''] = /^\/v2\/ns\/shop\/(manifests|blobs)\/(.+)$/.exec(request.url ?? '') ?? [];
      if (request.url === '/v2/') return void response.writeHead(200).end();
      const found = (kind === 'blobs' ? blobs : manifests).get(name);
      if (found === undefined) return void response.writeHead(404).end('{"errors":[]}');
      const type =
        kind === 'blobs' ? 'application/octet-stream' : 'application/vnd.oci.image.manifest.v1+json';
      response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(found) });
      response.end(request.method === 'HEAD' ? '' : found);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
    rmSync(home, { recursive: true, force: true });
  });

  const fetch = (reference: string, env: Record<string, string> = {}) =>
    remoteFiles({
      env: { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), ...env },
      warn: () => {},
      globals: { insecureRegistries: [] },
    } as unknown as Parameters<typeof remoteFiles>[0])(reference);

  it('is a directory with the name of its repository, fetched once for a digest', async () => {
    const file = await fetch(`oci://${host}/ns/shop:1`);
    expect(readFileSync(file, 'utf8')).toBe('services: {a: {image: x}}\n---\nservices: {b: {image: y}}');
    expect(dirname(file)).toMatch(/cache\/tcompose\/oci\/[0-9a-f]{64}\/shop$/);
    asked.length = 0;
    expect(await fetch(`oci://${host}/ns/shop:1`)).toBe(file);
    expect(asked.filter((line) => line.includes('/blobs/'))).toEqual([]);
  });

  it('whose file is not what its digest says leaves nothing behind', async () => {
    await expect(fetch(`oci://${host}/ns/shop:bad`)).rejects.toThrow('does not match its digest');
    const cache = join(home, 'cache/tcompose/oci');
    const hex = sha(manifests.get('bad')!).slice('sha256:'.length);
    expect(existsSync(join(cache, hex)) ? readdirSync(join(cache, hex)) : []).toEqual([]);
  });

  it('is not fetched when that is switched off, nor from an address that is none', async () => {
    const off = fetch(`oci://${host}/ns/shop:1`, { COMPOSE_EXPERIMENTAL_OCI_REMOTE: 'false' });
    await expect(off).rejects.toThrow('COMPOSE_EXPERIMENTAL_OCI_REMOTE is false');
    await expect(fetch('https://host/compose.yaml')).rejects.toThrow(
      'cannot be fetched from such an address',
    );
  });
});
