import { describe, expect, it } from 'vitest';
import {
  chooseImage,
  type ManifestSource,
  readManifest,
} from '../../../../src/engine/images/pull/choose-image.ts';
import { digestOf } from '../../../../src/registry/content/digest.ts';
import { mediaTypes } from '../../../../src/registry/content/media-types.ts';

const own = { platform: { os: 'linux', architecture: 'amd64', variant: 'v3' }, shown: 'linux/amd64' };

describe('the choice of an image in indexes', () => {
  /** Manifests that are all in the store already, and how many of them were looked at. */
  function store() {
    const blobs = new Map<string, Buffer>();
    let opened = 0;
    const put = (value: object, mediaType: string) => {
      const bytes = Buffer.from(JSON.stringify(value));
      const digest = digestOf(bytes);
      blobs.set(digest, bytes);
      return { mediaType, digest, size: bytes.length };
    };
    const source = {
      content: {
        async openBlob(digest: string) {
          opened++;
          const bytes = blobs.get(digest)!;
          return {
            size: bytes.length,
            async *stream() {
              yield bytes;
            },
            close: async () => undefined,
          };
        },
      },
      place: { what: 'r/a:1' },
    } as unknown as ManifestSource;
    const config = { mediaType: mediaTypes.ociConfig, digest: digestOf(Buffer.from('c')), size: 1 };
    return {
      index: (manifests: object[], note = '') => put({ manifests, note }, mediaTypes.ociIndex),
      image: (note: string) => put({ config, layers: [], note }, mediaTypes.ociManifest),
      choose: async ({ digest }: { digest: string }) => {
        const top = readManifest(
          { bytes: blobs.get(digest)!, digest, contentType: mediaTypes.ociIndex },
          'r/a:1',
        );
        return await chooseImage(source, top, own, () => true);
      },
      opened: () => opened,
    };
  }

  it('goes three deep', async () => {
    const { index, image, choose } = store();
    const wanted = image('wanted');
    const second = index([index([wanted])]);
    const chosen = await choose(index([second]));
    expect(chosen.image.descriptor.digest).toBe(wanted.digest);
    expect(chosen.indexes).toHaveLength(3);
    await expect(choose(index([index([second])]))).rejects.toThrow(/no matching manifest for linux\/amd64/);
  });

  it('goes on where an index has nothing that fits', async () => {
    const { index, image, choose } = store();
    const other = index([{ ...image('other'), platform: { os: 'linux', architecture: 's390x' } }]);
    const wanted = image('wanted');
    expect((await choose(index([other, wanted]))).image.descriptor.digest).toBe(wanted.digest);
  });

  it('is not kept busy by indexes that name indexes thousands of times', async () => {
    const { index, choose, opened } = store();
    const empty = Array.from({ length: 200 }, (_, at) => index([], `${at}`));
    const inner = index([...empty, ...empty]);
    await expect(choose(index(Array.from({ length: 5000 }, () => inner)))).rejects.toThrow(/no matching/);
    expect(opened()).toBeLessThan(50);
  });
});
