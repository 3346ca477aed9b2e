import type { AttachPlan } from '../network/types.ts';
import type { LaunchPlan } from './launch-plan.ts';
import type { OciSpec } from './oci-types.ts';
import type { MachineFacts } from './spec-input.ts';
import type { ResolvedUser } from './users.ts';

/** Where a container's root comes from. */
export type RootfsContext =
  | {
      readonly kind: 'overlay';
      /** Read-only layers, top first. */
      readonly lowerDirs: readonly string[];
      readonly upper: string;
      readonly work: string;
      /** An empty directory; the overlay is only visible in the container's mount namespace. */
      readonly mountPoint: string;
      /** RootfsSource.binds. */
      readonly binds?: readonly {
        readonly source: string;
        readonly target: string;
        readonly recursive: boolean;
        readonly readOnly: boolean;
      }[];
    }
  | { readonly kind: 'directory'; readonly path: string };

/** All a launch needs beside the OCI spec. */
export interface LaunchContext {
  readonly id: string;
  readonly runDir: string;
  readonly stdio: LaunchPlan['stdio'];
  readonly log?: NonNullable<LaunchPlan['log']>;
  readonly rootfs: RootfsContext;
  /** From the network service; absent: a new network namespace has lo only. */
  readonly attach?: AttachPlan;
  readonly machine: MachineFacts;
  /** HostConfig.Init. */
  readonly init: boolean;
}

/** OCI spec + context → plan. Pure. Throws RUNTIME_* for what the machine can't do. */
export declare function buildLaunchPlan(spec: OciSpec, context: LaunchContext): LaunchPlan;

/** Warnings found while translating (limits this machine can't apply …), one sentence each. */
export declare function launchWarnings(spec: OciSpec, context: LaunchContext): string[];

export interface ExecInput {
  /** 64 hex digits. */
  readonly id: string;
  readonly runDir: string;
  readonly stdio: LaunchPlan['stdio'];
  /** The running container. `spec` is the one it was launched with. */
  readonly container: {
    readonly pid: number;
    readonly startTime: bigint;
    readonly spec: OciSpec;
  };
  readonly args: readonly string[];
  /** Added over the container's environment. */
  readonly env: readonly string[];
  /** '' or absent: the container's. */
  readonly cwd?: string;
  /** Absent: the container's user. */
  readonly user?: ResolvedUser;
  readonly privileged: boolean;
  readonly machine: MachineFacts;
}

/** Plan of a process in a running container (`docker exec`). Pure. */
export declare function buildExecPlan(input: ExecInput): LaunchPlan;
