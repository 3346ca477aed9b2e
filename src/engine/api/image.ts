import type { ImageRuntimeConfig } from '../../image/types.ts';
import type { GraphDriver, StringMap } from './common.ts';

/** Element of GET /images/json */
export interface ImageSummary {
  readonly Id: string;
  readonly ParentId: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  /** Unix seconds. */
  readonly Created: number;
  readonly Size: number;
  readonly SharedSize: number;
  readonly Labels: StringMap | null;
  /** Number of containers that use it, since API 1.51; -1: not computed. */
  readonly Containers: number;
  /** Clients of API versions below 1.44 read this. */
  readonly VirtualSize?: number;
  /** Tags that were given together with a digest at a pull, by repository@digest; not in Docker's API. */
  readonly DigestTags?: StringMap;
}

/** GET /images/{name}/json */
export interface ImageInspect {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Parent: string;
  readonly Comment: string;
  readonly Created: string;
  readonly DockerVersion: string;
  readonly Author: string;
  readonly Config: ImageRuntimeConfig | null;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly Size: number;
  readonly GraphDriver: GraphDriver;
  readonly RootFS: { readonly Type: 'layers'; readonly Layers: readonly string[] };
  readonly Metadata: { readonly LastTagTime: string };
}

/** Element of GET /images/{name}/history */
export interface ImageHistoryEntry {
  readonly Id: string;
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Tags: readonly string[] | null;
  readonly Size: number;
  readonly Comment: string;
}

/** DELETE /images/{name} */
export type ImageDeleteResponse = readonly ({ readonly Untagged: string } | { readonly Deleted: string })[];

/** A line in the stream of a pull, push, load or import. */
export interface ImageProgress {
  readonly status?: string;
  /** For a layer: the first digits of its digest. */
  readonly id?: string;
  /** Bytes, if they are counted. */
  readonly progressDetail?: {
    readonly current?: number;
    readonly total?: number;
    readonly units?: string;
  };
  readonly stream?: string;
  readonly error?: string;
  readonly errorDetail?: {
    readonly code?: number;
    readonly message?: string;
    /** Our own extension: the error's code, and the hint that also ends the message. */
    readonly tcompose?: { readonly code?: string; readonly hint?: string };
  };
  /** Our own extension: a request to a registry and its answer, if requested. */
  readonly tcompose?: { readonly asked?: string };
  /** The result of a push: tag, digest and size of the manifest. */
  readonly aux?: { readonly Tag?: string; readonly Digest?: string; readonly Size?: number };
}

/** POST /images/prune */
export interface ImagePruneResponse {
  readonly ImagesDeleted: ImageDeleteResponse | null;
  readonly SpaceReclaimed: number;
}
