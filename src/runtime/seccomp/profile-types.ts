import type { OciSeccompAction, OciSeccompArg } from '../spec/oci-types.ts';

/** Seccomp profile in Docker's JSON format: rules that depend on capabilities, architecture and kernel. */
export interface SeccompProfile {
  readonly defaultAction: OciSeccompAction;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly archMap?: readonly {
    readonly architecture: string;
    readonly subArchitectures?: readonly string[] | null;
  }[];
  readonly flags?: readonly string[];
  readonly syscalls?: readonly ProfileRule[];
}

export interface ProfileRule {
  readonly names?: readonly string[];
  /** The format's older form of `names`. */
  readonly name?: string;
  readonly action: OciSeccompAction;
  readonly errnoRet?: number;
  readonly args?: readonly OciSeccompArg[] | null;
  readonly includes?: ProfileCondition | null;
  readonly excludes?: ProfileCondition | null;
}

/** `includes`: all parts must hold (capabilities: every one; architectures: any). `excludes`: none may. */
export interface ProfileCondition {
  readonly caps?: readonly string[] | null;
  /** GOARCH names: `amd64`, `x86`, `x32`, `arm64`, `arm`. */
  readonly arches?: readonly string[] | null;
  /** `4.8`. */
  readonly minKernel?: string;
}
