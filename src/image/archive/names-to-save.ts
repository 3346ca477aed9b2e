import type { ImageRecord } from '../record-types.ts';
import { familiarName, formatReference, idDigits, parseReference } from '../reference.ts';
import type { ToSave } from './save.ts';

/**
 * What `image save` saves for these names: a tag or a name with a digest is saved where it was named, all tags of a
 * repository that was named alone, no name for an id. `need` finds an image or throws; `all` are all images.
 */
export function namesToSave(
  names: readonly string[],
  need: (name: string) => ImageRecord,
  all: () => readonly ImageRecord[],
): ToSave[] {
  const found = new Map<string, { image: ImageRecord; tags: Set<string>; digestNames: Set<string> }>();
  const add = (image: ImageRecord, tags: readonly string[], digestName?: string): void => {
    const entry = found.get(image.id) ?? { image, tags: new Set(), digestNames: new Set() };
    for (const tag of tags) entry.tags.add(tag);
    if (digestName !== undefined) entry.digestNames.add(digestName);
    found.set(image.id, entry);
  };
  for (const name of names) {
    const repository = repositoryAlone(name);
    const tagged =
      repository === undefined
        ? []
        : all()
            .map((image) => ({
              image,
              tags: image.tags.filter((tag) => familiarName(parseReference(tag)) === repository),
            }))
            .filter(({ tags }) => tags.length > 0);
    if (tagged.length > 0) for (const { image, tags } of tagged) add(image, tags);
    else {
      const image = need(name);
      add(
        image,
        isId(name, image)
          ? []
          : image.tags.filter((tag) => tag === name || tag === `${name}:latest` || sameTag(tag, name)),
        digestNameOf(name, image),
      );
    }
  }
  return [...found.values()].map(({ image, tags, digestNames }) => ({
    image,
    tags: [...tags].sort(),
    digestNames: [...digestNames].sort(),
  }));
}

/** The name in full, if it has a digest that the image is known by. */
function digestNameOf(name: string, { repoDigests }: ImageRecord): string | undefined {
  if (!name.includes('@')) return undefined;
  const reference = parseReference(name);
  return repoDigests.includes(`${familiarName(reference)}@${reference.digest}`)
    ? formatReference(reference)
    : undefined;
}

const isId = (name: string, { id }: ImageRecord): boolean => {
  const digits = idDigits(name);
  return digits !== undefined && id.startsWith(`sha256:${digits}`);
};

/** The familiar repository, if the name has neither tag nor digest. */
function repositoryAlone(name: string): string | undefined {
  try {
    const reference = parseReference(name);
    return reference.tag === undefined && reference.digest === undefined
      ? familiarName(reference)
      : undefined;
  } catch {
    return undefined;
  }
}

function sameTag(tag: string, name: string): boolean {
  try {
    const [a, b] = [parseReference(tag), parseReference(name)];
    return (
      a.domain === b.domain && a.path === b.path && a.tag === (b.tag ?? 'latest') && b.digest === undefined
    );
  } catch {
    return false;
  }
}
