import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TcomposeError } from '../../../src/errors.ts';
import { parsePlatform } from '../../../src/image/platform.ts';
import { fittingEntries, offeredPlatforms } from '../../../src/registry/content/choose-platform.ts';
import { digestOf, isDigest } from '../../../src/registry/content/digest.ts';
import { type ImageIndex, parseManifest } from '../../../src/registry/content/manifest.ts';
import { mediaTypes } from '../../../src/registry/content/media-types.ts';

const digest = digestOf(Buffer.from('x'));
const own = { os: 'linux', architecture: 'amd64' };
const config = { mediaType: mediaTypes.ociConfig, digest, size: 5 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 7 };
const image = { schemaVersion: 2, config, layers: [layer] };
const parse = (value: unknown, type: string | undefined = undefined) =>
  parseManifest(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), type, 'r/a:1');
const entry = (platform: string | undefined, more: object = {}) => ({
  mediaType: mediaTypes.ociManifest,
  digest,
  size: 1,
  ...(platform === undefined ? {} : { platform: parsePlatform(platform, own) }),
  ...more,
});
const index = (...manifests: object[]) =>
  parse({ schemaVersion: 2, manifests }, mediaTypes.ociIndex) as ImageIndex;

describe('a manifest', () => {
  it('is known by the answer, by itself or by its shape', () => {
    for (const [value, type] of [
      [image, `${mediaTypes.ociManifest}; charset=utf-8`],
      [{ ...image, mediaType: mediaTypes.ociManifest }, 'text/html'],
      [image, undefined],
      [image, 'application/json'],
    ] as const)
      expect(parse(value, type)).toMatchObject({
        kind: 'image',
        mediaType: mediaTypes.ociManifest,
        layers: [layer],
      });
    expect(parse({ ...image, mediaType: mediaTypes.dockerManifest })).toMatchObject({
      mediaType: mediaTypes.dockerManifest,
    });
    expect(parse({ manifests: [] })).toMatchObject({ kind: 'index', entries: [] });
  });

  it.each<[string, unknown, string | undefined]>([
    ['not JSON', 'this is not json', mediaTypes.ociManifest],
    ['a list', '[]', mediaTypes.ociManifest],
    ['null', 'null', mediaTypes.ociManifest],
    ['another type than it says', { ...image, mediaType: mediaTypes.ociIndex }, mediaTypes.ociManifest],
    ['both at once', { ...image, manifests: [] }, mediaTypes.ociManifest],
    ['an index with layers', { manifests: [], layers: [] }, mediaTypes.ociIndex],
    ['without layers', { config }, mediaTypes.ociManifest],
    [
      'with a digest that leads elsewhere',
      { config, layers: [{ ...layer, digest: 'sha256:../../etc/passwd' }] },
      undefined,
    ],
    ['with a size below zero', { config, layers: [{ ...layer, size: -1 }] }, undefined],
    ['with a size beyond numbers', { config, layers: [{ ...layer, size: 1e300 }] }, undefined],
    ['with too many layers', { config, layers: Array.from({ length: 1001 }, () => layer) }, undefined],
  ])('is refused: %s', (_, value, type) =>
    expect(() => parse(value, type)).toThrow(expect.objectContaining({ code: 'REGISTRY_CONTENT' })),
  );

  it.each<[RegExp, unknown, string | undefined]>([
    [
      /vnd.example.thing/,
      {
        artifactType: 'application/vnd.example.thing',
        config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json' },
        layers: [],
      },
      undefined,
    ],
    [
      /Helm chart/,
      { config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' }, layers: [layer] },
      undefined,
    ],
    [/in-toto/, { config, layers: [{ ...layer, mediaType: 'application/vnd.in-toto+json' }] }, undefined],
    [/schema 1/, { schemaVersion: 1 }, mediaTypes.dockerSchema1Signed],
    [/schema 1/, { schemaVersion: 1 }, 'application/json'],
    [/not a container image/, { hello: 1 }, 'text/html'],
  ])('is refused as %s', (words, value, type) => {
    expect(() => parse(value, type)).toThrow(words);
    expect(() => parse(value, type)).toThrow(expect.objectContaining({ code: 'REGISTRY_UNSUPPORTED' }));
  });

  it('is read or refused in a sentence, whatever it is', () => {
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(null, 1, -1, '', 'x', true, digest, mediaTypes.ociConfig),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            'config',
            'layers',
            'manifests',
            'mediaType',
            'digest',
            'size',
            'platform',
            'schemaVersion',
          ),
          tie('value'),
        ),
      ),
    })).value;
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, ...Object.values(mediaTypes)), (value, type) => {
        try {
          expect(['image', 'index']).toContain(parse(JSON.stringify(value), type).kind);
        } catch (error) {
          expect(error).toBeInstanceOf(TcomposeError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('an index', () => {
  const fitting = (list: ImageIndex, platform: string) =>
    fittingEntries(list, parsePlatform(platform, own)).map((one) => list.entries.indexOf(one));

  it('gives images of the platform, best first, and those that name none last', () => {
    const list = index(
      entry(undefined),
      entry('linux/arm/v6'),
      entry('linux/386'),
      entry('linux/arm64'),
      entry('linux/amd64'),
      entry('linux/arm/v7'),
    );
    expect(fitting(list, 'linux/amd64')).toEqual([4, 2, 0]);
    expect(fitting(list, 'linux/arm64')).toEqual([3, 5, 1, 0]);
    expect(fitting(list, 'linux/arm/v6')).toEqual([1, 0]);
    expect(offeredPlatforms(list)).toEqual([
      'linux/arm/v6',
      'linux/386',
      'linux/arm64',
      'linux/amd64',
      'linux/arm/v7',
    ]);
  });

  it('is for Linux where an entry names only an architecture', () => {
    const list = index(
      entry(undefined, { platform: { os: 'linux' } }),
      entry(undefined, { platform: { architecture: 'arm64' } }),
      entry(undefined, { platform: { os: '', architecture: 'amd64' } }),
    );
    expect(fitting(list, 'linux/amd64')).toEqual([2, 0]);
  });

  it('passes over what is no image', () => {
    const list = index(
      entry('unknown/unknown'),
      entry('linux/amd64', { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }),
      entry('linux/amd64', { artifactType: 'application/x' }),
      entry('linux/amd64', { mediaType: 'application/vnd.example.thing+json' }),
      entry('linux/amd64', { mediaType: mediaTypes.ociIndex }),
    );
    expect(fitting(list, 'linux/amd64')).toEqual([4]);
  });
});

describe('digests', () => {
  it('are of known algorithms and lengths', () => {
    expect(isDigest(digest)).toBe(true);
    expect(isDigest(digestOf(Buffer.from('x'), 'sha512:'))).toBe(true);
    for (const other of [
      '',
      'sha256:',
      digest.slice(0, -1),
      digest.toUpperCase(),
      `${digest}0`,
      'md5:00',
      5,
      null,
    ])
      expect(isDigest(other)).toBe(false);
  });
});
