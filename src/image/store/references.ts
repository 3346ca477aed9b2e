/** A tag: the images it stands for, one for each platform, the last one set first. */
export interface TagEntry {
  readonly images: readonly string[];
  /** Digest of the index (or manifest) that they belong to; undefined when they were built or imported here. */
  readonly target?: string;
  /** RFC 3339. */
  readonly time?: string;
}

/** A `repository@digest` name. */
export interface DigestEntry {
  readonly images: readonly string[];
  /** Somebody named the digest. */
  readonly pinned: boolean;
  /** The tag that was given with it. */
  readonly tag?: string;
  readonly time?: string;
}

/** All names of a store's images: `app:1` and `app@sha256:…`, familiar. Immutable: every change makes a new value. */
export interface References {
  readonly tags: ReadonlyMap<string, TagEntry>;
  readonly digests: ReadonlyMap<string, DigestEntry>;
}

const isIds = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((id) => typeof id === 'string');

function entries<T extends { readonly images: readonly string[] }>(value: unknown): Map<string, T> {
  if (typeof value !== 'object' || value === null) throw new Error('it holds no tags');
  return new Map(
    Object.entries(value).filter((one): one is [string, T] => isIds((one[1] as Partial<T> | null)?.images)),
  );
}

/** Reads the stored form; version 1 had one image for each tag and nothing else. @throws Error with a clause */
export function parseReferences(value: object): References {
  const { version, tags, digests } = value as { version?: unknown; tags?: unknown; digests?: unknown };
  if (version === 2) return { tags: entries<TagEntry>(tags), digests: entries<DigestEntry>(digests) };
  if (version !== 1) throw new Error(`its format is ${String(version)}, not 2`);
  if (typeof tags !== 'object' || tags === null) throw new Error('it holds no tags');
  const old = Object.entries(tags).filter((one): one is [string, string] => typeof one[1] === 'string');
  return { tags: new Map(old.map(([name, id]) => [name, { images: [id] }])), digests: new Map() };
}

/** The names of an image. Pure. */
export function namesOf(references: References, id: string) {
  const of = <T extends { readonly images: readonly string[] }>(map: ReadonlyMap<string, T>) =>
    [...map].filter(([, entry]) => entry.images.includes(id));
  const tags = of(references.tags);
  const digests = of(references.digests);
  const times = [...tags, ...digests].flatMap(([, { time }]) => (time === undefined ? [] : [time])).sort();
  return {
    tags: tags.map(([name]) => name),
    repoDigests: digests.map(([name]) => name),
    digestTags: Object.fromEntries(
      digests.flatMap(([name, { tag }]) => (tag === undefined ? [] : [[name, tag]])),
    ) as Record<string, string>,
    dangling: tags.length === 0 && !digests.some(([, { pinned }]) => pinned),
    lastTagged: times.at(-1),
  };
}

/**
 * Sets a tag to an image. Images for other platforms keep it if they belong to the same index (`target`); all others
 * lose it. Pure.
 */
export function withTag(
  references: References,
  tag: string,
  set: {
    readonly image: string;
    readonly target?: string;
    readonly time: string;
    readonly samePlatform: (id: string) => boolean;
  },
): References {
  const before = references.tags.get(tag);
  const kept =
    set.target !== undefined && before?.target === set.target
      ? before.images.filter((id) => id !== set.image && !set.samePlatform(id))
      : [];
  const entry: TagEntry = {
    images: [set.image, ...kept],
    ...(set.target === undefined ? {} : { target: set.target }),
    time: set.time,
  };
  return { ...references, tags: new Map(references.tags).set(tag, entry) };
}

/** Records a digest for an image; a pinned digest stays pinned. Pure. */
export function withDigest(
  references: References,
  name: string,
  set: { readonly image: string; readonly pinned: boolean; readonly tag?: string; readonly time: string },
): References {
  const before = references.digests.get(name);
  const tag = set.tag ?? before?.tag;
  const entry: DigestEntry = {
    images: [set.image, ...(before?.images ?? []).filter((id) => id !== set.image)],
    pinned: set.pinned || (before?.pinned ?? false),
    ...(tag === undefined ? {} : { tag }),
    time: set.time,
  };
  return { ...references, digests: new Map(references.digests).set(name, entry) };
}

/** Whether two states differ only in when names were set. Pure. */
export function sameButTimes(one: References, other: References): boolean {
  const same = <T extends { readonly time?: string }>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>) =>
    a.size === b.size &&
    [...a].every(([name, entry]) => {
      const found = b.get(name);
      return (
        found === entry ||
        (found !== undefined && JSON.stringify(timeless(found)) === JSON.stringify(timeless(entry)))
      );
    });
  return same(one.tags, other.tags) && same(one.digests, other.digests);
}

const timeless = <T extends { readonly time?: string }>({ time: _, ...entry }: T) => entry;

/** Removes some names of an image; images for other platforms keep theirs. Pure. */
export function withoutNames(references: References, names: readonly string[], id: string): References {
  const take = <T extends { readonly images: readonly string[] }>(map: ReadonlyMap<string, T>) => {
    const left = new Map(map);
    for (const name of names) {
      const entry = left.get(name);
      const images = entry?.images.filter((one) => one !== id) ?? [];
      if (entry === undefined) continue;
      if (images.length === 0) left.delete(name);
      else left.set(name, { ...entry, images });
    }
    return left;
  };
  return { tags: take(references.tags), digests: take(references.digests) };
}
