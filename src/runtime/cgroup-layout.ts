import type { HostOp } from './launch-plan.ts';
import type { OciResources } from './oci-types.ts';

/** cgroup v1 controllers tcompose knows. */
export type Controller = 'cpu' | 'cpuacct' | 'cpuset' | 'memory' | 'devices' | 'freezer' | 'blkio' | 'pids';

/** How control groups are mounted on this machine. */
export type CgroupLayout =
  /** One tree at `mountPoint`; `controllers` are those of the root's cgroup.controllers. */
  | {
      readonly kind: 'v2';
      readonly mountPoint: string;
      /** Where our tree may begin, relative to the mount (delegated scope), '' or `/a/b`. */
      readonly base: string;
      readonly controllers: readonly string[];
    }
  /** Controllers mounted by themselves (the v2 tree beside them, if any, has none that we need). */
  | {
      readonly kind: 'v1';
      /** Mount point of each controller; two that are mounted together share it. */
      readonly mounts: Readonly<
        Partial<Record<Controller, { readonly mountPoint: string; readonly base: string }>>
      >;
    }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Reads the layout out of the text of /proc/self/mountinfo and /proc/self/cgroup; `unifiedControllers` is the text of
 * cgroup.controllers at the v2 mount, '' when unreadable. Pure. Unwritable trees are told by `writable`.
 */
export declare function detectCgroups(
  mountinfo: string,
  selfCgroup: string,
  probe?: { readonly unifiedControllers?: string; readonly writable?: (mountPoint: string) => boolean },
): CgroupLayout;

/** What one container needs of the control groups. */
export interface CgroupPlan {
  /** mkdir, limits, device rules, join: for LaunchPlan.host. */
  readonly host: readonly HostOp[];
  /** kill, rmdir: for LaunchPlan.teardown. */
  readonly teardown: readonly HostOp[];
  /** Absolute directories the container is in, by controller (v1) or under 'unified' (v2): stats, pause, kill. */
  readonly paths: Readonly<Record<string, string>>;
  /** Limits asked for that this machine can't apply, one sentence each. */
  readonly warnings: readonly string[];
}

/** `path` as `/tcompose-<instance>/<id>`. */
export declare function planCgroups(layout: CgroupLayout, path: string, resources: OciResources): CgroupPlan;

/** Writes that change the limits of a running container (docker update). Paths absolute. */
export declare function planCgroupUpdate(
  layout: CgroupLayout,
  path: string,
  resources: OciResources,
): {
  readonly writes: readonly { readonly path: string; readonly data: string }[];
  readonly warnings: readonly string[];
};
