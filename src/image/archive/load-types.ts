import type { Descriptor } from '../ingest-types.ts';

/** What a load reports while it works. */
export type LoadEvent =
  | { readonly kind: 'layer'; readonly diffId: string; readonly current: number; readonly total: number }
  /** A name that belonged to another image until now. */
  | { readonly kind: 'renamed'; readonly name: string; readonly oldId: string }
  /** `name` has a tag or a digest; without one the image has only its id. `old`: Docker wrote the archive before 1.10. */
  | { readonly kind: 'loaded'; readonly id: string; readonly name?: string; readonly old: boolean };

export interface LoadOptions {
  /** `linux/arm64`: which platform to take from an image for several. */
  readonly platform?: string;
  readonly tell: (event: LoadEvent) => Promise<void> | void;
}

/** A layer as an archive has it. */
interface ArchivedLayer {
  /** Path of its file; undefined when the archive leaves it out. */
  readonly file: string | undefined;
  /** The descriptor that it must match; archives in docker's own format have none. */
  readonly descriptor?: Descriptor;
}

/** A name with a digest, and perhaps the tag that was given with it. */
export interface DigestName {
  /** Familiar, without tag. */
  readonly repository: string;
  readonly digest: string;
  readonly tag?: string;
}

/** An image as an archive has it. */
export interface ArchivedImage {
  readonly config: Buffer;
  /** Bottom first, as many as the configuration has DiffIDs. */
  readonly layers: readonly ArchivedLayer[];
  /** The manifest in the archive; when absent, one is made. */
  readonly manifest?: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  readonly index?: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  /** Familiar names with a tag. */
  readonly tags: readonly string[];
  readonly digestNames?: readonly DigestName[];
  /** Docker wrote the archive before 1.10. */
  readonly old?: boolean;
}
