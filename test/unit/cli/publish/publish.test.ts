import { describe, expect, it } from 'vitest';
import { artifactOf } from '../../../../src/cli/publish/artifact-manifest.ts';
import { findingsOf, publishedTree } from '../../../../src/cli/publish/published-tree.ts';
import { filesOfArtifact, parseArtifact } from '../../../../src/cli/remote/oci-artifact.ts';
import type { TreeMap } from '../../../../src/compose/tree.ts';

const tree: TreeMap = {
  name: 'shop',
  services: {
    a: {
      image: 'nginx:${TAG:-1}',
      build: { context: '.' },
      env_file: [
        { path: 'a.env', required: true },
        { path: '../b.env', required: false },
      ],
      environment: { PASSWORD: 'hunter2', KEY: '${KEY}', EMPTY: null, PLAIN: 'x' },
      volumes: [
        { type: 'bind', source: './v', target: '/v' },
        { type: 'volume', source: 'd', target: '/d' },
      ],
    },
    b: { build: { context: '.' }, env_file: [{ path: 'a.env', required: true }] },
  },
  configs: { lit: { content: 'text' }, file: { file: './c' } },
};

describe('what is published', () => {
  it('has variables in place, no build where there is an image, and names for its files', () => {
    const before = structuredClone(tree);
    const { tree: out, files } = publishedTree(tree);
    expect(tree).toEqual(before);
    const services = out.services as Record<string, TreeMap>;
    expect(services.a).toMatchObject({ image: 'nginx:${TAG:-1}' });
    expect(services.a).not.toHaveProperty('build');
    expect(services.b).toHaveProperty('build');
    expect([...files.keys()]).toEqual(['a.env', '../b.env']);
    for (const name of files.values()) expect(name).toMatch(/^[0-9a-f]{64}\.env$/);
    expect(services.b!.env_file).toEqual([{ path: files.get('a.env'), required: true }]);
  });

  it('is looked through for what others may not be meant to see', () => {
    expect(findingsOf(tree)).toEqual({
      buildOnly: ['b'],
      binds: ['a: ./v'],
      envFiles: ['a: a.env', 'a: ../b.env', 'b: a.env'],
      environment: ['a: PASSWORD', 'a: PLAIN'],
      secrets: ['a: PASSWORD'],
      contents: ['configs lit: its content', 'configs file: refers to ./c, which is not published'],
    });
  });

  it.each(['1.0', '1.1'] as const)('as an artifact of version %s is read back as it was', (version) => {
    const { manifest, blobs } = artifactOf(
      [
        { name: 'compose.yaml', kind: 'compose', text: 'services: {}' },
        { name: 'image-digests.yaml', kind: 'compose', text: 'services: {a: {image: x}}' },
        { name: `${'0'.repeat(64)}.env`, kind: 'env', text: 'A=1' },
      ],
      { version, created: '2026-01-01T00:00:00Z', composeVersion: '0' },
    );
    expect(JSON.parse(manifest.bytes.toString())).toMatchObject({
      config: { size: 2, data: 'e30=' },
      annotations: { 'org.opencontainers.image.created': '2026-01-01T00:00:00Z' },
    });
    expect('artifactType' in JSON.parse(manifest.bytes.toString())).toBe(version === '1.1');
    const artifact = parseArtifact(manifest.bytes, 'R');
    if (artifact.kind !== 'project') throw new Error(artifact.kind);
    const texts = new Map(blobs.map(({ digest, bytes }) => [digest, bytes.toString()]));
    const files = filesOfArtifact(
      artifact.layers.map((layer) => ({ layer, text: texts.get(layer.digest)! })),
      'R',
    );
    expect(Object.fromEntries(files)).toEqual({
      'compose.yaml': 'services: {}\n---\nservices: {a: {image: x}}',
      [`${'0'.repeat(64)}.env`]: 'A=1',
    });
  });
});
