import type { ArchivedImage } from './load-types.ts';

/**
 * The layout's images, with the names that docker's list has for the same images, and the images that only docker's
 * list has. A name that the layout gives is the layout's: docker's list can have only one platform of an image, and not
 * this machine's if another one wrote it. Pure.
 */
export function joinLists(
  layout: readonly ArchivedImage[],
  docker: readonly ArchivedImage[],
): ArchivedImage[] {
  const same = (a: ArchivedImage, b: ArchivedImage) => a.config.equals(b.config);
  const taken = new Set(layout.flatMap(({ tags }) => tags));
  const others = docker.flatMap((one): ArchivedImage[] => {
    if (layout.some((image) => same(image, one))) return [];
    const tags = one.tags.filter((tag) => !taken.has(tag));
    return tags.length === 0 && one.tags.length > 0 ? [] : [{ ...one, tags }];
  });
  return [
    ...layout.map((image) => {
      const more = docker.filter((one) => same(one, image)).flatMap(({ tags }) => tags);
      return { ...image, tags: [...new Set([...more, ...image.tags])] };
    }),
    ...others,
  ];
}
