import { describe, expect, it } from 'vitest';
import { applicationIndex } from '../../../../src/cli/publish/artifact-manifest.ts';
import { namedContent } from '../../../../src/cli/publish/named-content.ts';
import { imagesOf } from '../../../../src/cli/publish/publish-images.ts';
import { digestOf } from '../../../../src/registry/content/digest.ts';

const digest = (text: string) => digestOf(Buffer.from(text));
const read = (value: unknown, type?: string) =>
  namedContent(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), type, 'r/a:1');

describe('what a manifest names', () => {
  const blob = (text: string, mediaType = 'x/y') => ({ mediaType, digest: digest(text), size: 1 });

  it('is its blobs, once each, but for those that lie elsewhere', () => {
    const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const content = read(
      { config: blob('c'), layers: [blob('l'), blob('l'), blob('f', foreign)] },
      'application/vnd.oci.image.manifest.v1+json; charset=utf-8',
    );
    expect(content.mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
    expect(content.blobs.map((one) => one.digest)).toEqual([digest('c'), digest('l')]);
    expect(content.manifests).toEqual([]);
  });

  it('is the manifests of an index, attestations too', () => {
    const manifests = [blob('m'), { ...blob('a'), platform: { os: 'unknown', architecture: 'unknown' } }];
    expect(read({ mediaType: 'i', manifests }).manifests).toEqual([digest('m'), digest('a')]);
  });

  it.each<[unknown, RegExp]>([
    ['not json', /not JSON/],
    [[], /not a JSON object/],
    [{ layers: [null] }, /no digest/],
    [{ layers: [{ digest: 'sha256:../../etc', size: 1 }] }, /no digest/],
    [{ config: { digest: digest('c') } }, /no size/],
    [{ config: { digest: digest('c'), size: -1 } }, /no size/],
    [{ manifests: [{}] }, /no digest/],
  ])('is refused when it is malformed: %j', (value, words) => {
    expect(() => read(value)).toThrow(words);
  });
});

it('the index of an application has its images, and the project as its subject', () => {
  const project = { mediaType: 'm', digest: digest('p'), size: 5 };
  const image = { mediaType: 'i', digest: digest('i'), size: 6, annotations: { a: 'b' } };
  const index = applicationIndex(project, [image], '0');
  expect(index.digest).toBe(digestOf(index.bytes));
  expect(JSON.parse(index.bytes.toString())).toMatchObject({
    schemaVersion: 2,
    subject: project,
    manifests: [image],
  });
  const services = { a: { image: 'x' }, b: { image: 'x' }, c: {} };
  expect(imagesOf({ services } as unknown as Parameters<typeof imagesOf>[0])).toEqual(['x']);
});
