import { expect, it } from 'vitest';
import { tellUnusedImages, unusedImages } from '../../../src/cli/unused-images.ts';

const image = (id: string, size: number, shared = 0) => ({ Id: id, Size: size, SharedSize: shared });

it.each([
  ['little', [image('a', 999_999_999)], [], undefined],
  ['much', [image('a', 1_500_000_000)], [], '1 image is no longer used, 1.5GB'],
  ['much together', [image('a', 6e8), image('b', 6e8)], [], '2 images are no longer used, 1.2GB'],
  ['shared layers', [image('a', 2e9, 1.5e9)], [], undefined],
  ['an engine that does not say what is shared', [image('a', 2e9, -1)], [], '1 image is no longer used, 2GB'],
  ['those of containers', [image('a', 2e9), image('b', 1)], ['a'], undefined],
])('images without a name: %s', (_, images, used, told) =>
  expect(unusedImages(images, new Set(used))).toBe(told),
);

it('is told with what removes them, or not at all', async () => {
  const told: unknown[][] = [];
  const ctx = { warn: (...words: unknown[]) => void told.push(words) };
  const client = (list: () => Promise<unknown>) =>
    ({ images: { list }, containers: { list: async () => [] } }) as never;
  await tellUnusedImages(
    ctx,
    client(async () => [image('a', 3e9)]),
  );
  await tellUnusedImages(
    ctx,
    client(async () => Promise.reject(new Error('gone'))),
  );
  expect(told).toEqual([['1 image is no longer used, 3GB', 'tcompose image prune removes them.']]);
});
