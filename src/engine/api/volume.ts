import type { StringMap } from './common.ts';

/** POST /volumes/create */
export interface VolumeCreateRequest {
  /** Absent or empty: an anonymous volume with a random name of 64 hex digits. */
  readonly Name?: string;
  readonly Driver?: string;
  readonly DriverOpts?: StringMap | null;
  readonly Labels?: StringMap | null;
}

/** GET /volumes/{name} */
export interface VolumeInspect {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly CreatedAt: string;
  /** `Data: 'missing'`: another program has deleted its directory; creating the volume again makes a new one. */
  readonly Status?: Readonly<Record<string, unknown>>;
  readonly Labels: StringMap | null;
  readonly Scope: 'local';
  readonly Options: StringMap | null;
  readonly UsageData?: { readonly Size: number; readonly RefCount: number } | null;
}

/** GET /volumes */
export interface VolumeListResponse {
  readonly Volumes: readonly VolumeInspect[];
  readonly Warnings: readonly string[] | null;
}
