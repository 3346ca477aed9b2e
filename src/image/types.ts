import type { LoadOptions } from './archive/load-types.ts';
import type { ImageContent, Platform } from './ingest-types.ts';
import type { ImageRecord } from './record-types.ts';

export type * from './record-types.ts';

/** A host path mounted over the container's root. */
export interface RootfsBind {
  readonly source: string;
  readonly target: string;
  readonly recursive: boolean;
  readonly readOnly: boolean;
}

/** How the writable part of a container's root is made on this data root. */
export type RootfsStorage =
  | {
      readonly kind: 'overlay' /** Mount option for overlayfs in a user namespace. */;
      readonly userxattr: boolean;
      /** The kernel refuses overlays to an ordinary user: this program (fuse-overlayfs) mounts them. */
      readonly fuse?: string;
      /** With `fuse`: other owners than the files have, as texts of its options. */
      readonly owners?: { readonly uid: string; readonly gid: string };
    }
  /** The data root can't hold an overlay's upper directory: the layers are copied for each container. */
  | { readonly kind: 'copy'; readonly reason: string; readonly remedy: string };

/** What a container's root is made of: read-only lower directories, top first, and binds mounted over the overlay. */
export interface RootfsSource {
  readonly lowerDirs: readonly string[];
  /** In order; nosuid and nodev. */
  readonly binds: readonly RootfsBind[];
  readonly storage: RootfsStorage;
  /** Called when the container's root is no longer needed; idempotent. */
  readonly release: () => Promise<void>;
}

export interface ImportOptions {
  /** Familiar or full name; without it the image has no tag. */
  readonly reference?: string;
  /** Dockerfile instructions (`CMD …`, `ENV …`) applied to the configuration. */
  readonly changes?: readonly string[];
  /** Becomes the history entry's comment. */
  readonly message?: string;
  /** `linux/amd64`; default: this machine's. */
  readonly platform?: string;
}

export type ImageRemoval = { readonly Untagged: string } | { readonly Deleted: string };

export interface RemoveOptions {
  /** Remove the image even if it has several tags, or stopped containers use it. */
  readonly force: boolean;
  /** Names of the containers made from the image with this id; `running` ones forbid removal even by force. */
  readonly usedBy: (
    imageId: string,
  ) => readonly { readonly id?: string; readonly name: string; readonly running: boolean }[];
}

/**
 * Images, their layers and what containers need from them. All names are references, ids (`sha256:` or bare) or unique
 * id prefixes.
 */
export interface ImageStore extends ImageContent {
  /** Newest first; tcompose/host always among them. */
  list(): readonly ImageRecord[];
  /** Of several platforms under one name, the one that suits `platform` (default: this machine), or any without `platform`. */
  get(name: string, platform?: Platform): ImageRecord | undefined;
  /** Makes an image of one layer from a root file system tar (plain or gzip). On any error nothing is left behind. */
  importRootfs(tar: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<ImageRecord>;
  /** Takes the images of an archive (docker's format, OCI layout; plain or compressed). @throws TcomposeError */
  load(archive: AsyncIterable<Uint8Array>, options: LoadOptions): Promise<void>;
  /** An archive of the named images: an OCI layout that also contains docker's format. The same images give the same bytes. */
  save(names: readonly string[], platform?: Platform): Promise<AsyncGenerator<Uint8Array>>;
  /** Gives the image another name; takes the name from the image that had it. */
  tag(name: string, reference: string): Promise<ImageRecord>;
  /** Removes a tag, and the image with its last tag. @throws TcomposeError IMAGE_NOT_FOUND, IMAGE_IN_USE */
  remove(name: string, options: RemoveOptions): Promise<readonly ImageRemoval[]>;
  /** Directories and binds for a container's root; generates those of tcompose/host on request. */
  rootfs(record: ImageRecord): RootfsSource;
  /** How the writable part of roots is made. */
  readonly storage: RootfsStorage;
  /** Directories of the image's own layers, top first; none for tcompose/host. */
  layerDirectories(record: ImageRecord): readonly string[];
  /** With storage `copy`: writes the merged layers into `target` (made by this call, mode 0755). */
  copyRootfs(source: RootfsSource, target: string): Promise<void>;
  /** Blobs, layers and beginnings of blobs that no image needs, for example after a broken pull. */
  loose(): { readonly size: number };
  /** Bytes of the blobs that images came as, each counted once, and how many of them belong to images in use. */
  keptBlobs(isUsed: (imageId: string) => boolean): { readonly size: number; readonly used: number };
  /** Removes loose content that nobody is using; resolves with the freed bytes. */
  clear(): Promise<number>;
  /** For each layer, by ChainID: its bytes, and how many images have it. */
  layerUse(): ReadonlyMap<string, { readonly size: number; readonly images: number }>;
  /** Waits for writes in progress; nothing is accepted afterwards. */
  close(): Promise<void>;
}
