import type { Descriptor } from '../ingest-types.ts';

/** What a load tells while it works. */
export type LoadEvent =
  | { readonly kind: 'layer'; readonly diffId: string; readonly current: number; readonly total: number }
  /** A name that was another image's. */
  | { readonly kind: 'renamed'; readonly name: string; readonly oldId: string }
  /** `name` is a tag; without one the image has only its id. `old`: of an archive as docker wrote them before 1.10. */
  | { readonly kind: 'loaded'; readonly id: string; readonly name?: string; readonly old: boolean };

export interface LoadOptions {
  /** `linux/arm64`: of images for several platforms take that one. */
  readonly platform?: string;
  readonly tell: (event: LoadEvent) => Promise<void> | void;
}

/** A layer as an archive has it. */
interface ArchivedLayer {
  /** Path of its file; undefined when the archive leaves it out. */
  readonly file: string | undefined;
  /** What it must be; an archive of docker's own format does not say. */
  readonly descriptor?: Descriptor;
}

/** An image as an archive has it. */
export interface ArchivedImage {
  readonly config: Buffer;
  /** Bottom first, as many as the configuration has DiffIDs. */
  readonly layers: readonly ArchivedLayer[];
  /** As it is in the archive; without it one is made. */
  readonly manifest?: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  readonly index?: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  /** Familiar, with tag. */
  readonly tags: readonly string[];
  /** Docker wrote the archive before 1.10. */
  readonly old?: boolean;
}
