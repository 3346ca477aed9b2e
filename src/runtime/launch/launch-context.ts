import type { RootfsBind } from '../../image/types.ts';
import type { AttachPlan } from '../../network/types.ts';
import type { MachineFacts } from '../spec/spec-input.ts';
import type { CallerPlan } from './launch-options.ts';
import type { LaunchPlan } from './launch-plan.ts';

/** Where a container's root comes from. */
export type RootfsContext =
  | {
      readonly kind: 'overlay';
      /** Read-only layers, top first. */
      readonly lowerDirs: readonly string[];
      readonly upper: string;
      readonly work: string;
      /** An empty directory; the overlay is visible only in the container's mount namespace. */
      readonly mountPoint: string;
      readonly binds?: readonly RootfsBind[];
    }
  | { readonly kind: 'directory'; readonly path: string; readonly binds?: readonly RootfsBind[] };

/** An image's layers, read-only, top first (at least two), on an empty directory of their own. */
export interface ImageOverlay {
  readonly lowerDirs: readonly string[];
  readonly mountPoint: string;
}

/** Everything that a launch needs besides the OCI spec. */
export interface LaunchContext {
  readonly id: string;
  readonly runDir: string;
  readonly stdio: LaunchPlan['stdio'];
  readonly log?: NonNullable<LaunchPlan['log']>;
  readonly rootfs: RootfsContext;
  /** Mounted before the root, visible only in the container's mount namespace: sources of its binds. Default: none. */
  readonly images?: readonly ImageOverlay[];
  /** From the network service; if absent, a new network namespace has only lo. */
  readonly attach?: AttachPlan;
  readonly machine: MachineFacts;
  /** HostConfig.Init. */
  readonly init: boolean;
  /** LaunchPlan.waitForStart; default false. */
  readonly waitForStart?: boolean;
  readonly caller?: CallerPlan;
  /** The container's state for hooks: HooksPlan.state. If absent, none are run. */
  readonly hooks?: string;
  /** The root file system is moved over the old one, where pivot_root(2) is impossible. */
  readonly noPivot?: boolean;
}
