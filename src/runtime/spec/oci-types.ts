/**
 * The parts of the OCI runtime-spec 1.2 `config.json` that tcompose writes and reads. Field names are the
 * specification's; https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md and config-linux.md.
 */
export interface OciSpec {
  readonly ociVersion: string;
  readonly hostname?: string;
  readonly domainname?: string;
  readonly process: OciProcess;
  readonly root: { readonly path: string; readonly readonly?: boolean };
  /** In mount order: a target's parents come before it. */
  readonly mounts: readonly OciMount[];
  readonly hooks?: OciHooks;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux: OciLinux;
}

/** When a hook runs; config.md, POSIX-platform Hooks. */
export type OciHookPoint =
  | 'prestart'
  | 'createRuntime'
  | 'createContainer'
  | 'startContainer'
  | 'poststart'
  | 'poststop';

export type OciHooks = Readonly<Partial<Record<OciHookPoint, readonly OciHook[]>>>;

/** A program that is run at a point in the container's life, with the container's state on its stdin. */
export interface OciHook {
  /** Absolute. */
  readonly path: string;
  /** argv including the name; absent: just the path. */
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** Seconds, greater than 0; absent: no limit. */
  readonly timeout?: number;
}

export interface OciProcess {
  readonly terminal?: boolean;
  readonly consoleSize?: { readonly height: number; readonly width: number };
  readonly user: OciUser;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities?: OciCapabilities;
  readonly rlimits?: readonly OciRlimit[];
  readonly noNewPrivileges?: boolean;
  readonly oomScoreAdj?: number;
  readonly ioPriority?: { readonly class: string; readonly priority?: number };
  readonly scheduler?: OciScheduler;
  /** Lists of processors like `0-3,7`, for the time before and after an exec'd process joins its control group. */
  readonly execCPUAffinity?: { readonly initial?: string; readonly final?: string };
  readonly apparmorProfile?: string;
  readonly selinuxLabel?: string;
}

/** sched_setattr(2). Times in nanoseconds. */
export interface OciScheduler {
  readonly policy: string;
  readonly nice?: number;
  readonly priority?: number;
  readonly flags?: readonly string[];
  readonly runtime?: number;
  readonly deadline?: number;
  readonly period?: number;
}

export interface OciUser {
  readonly uid: number;
  readonly gid: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
}

/** Names like `CAP_CHOWN`. */
export interface OciCapabilities {
  readonly bounding?: readonly string[];
  readonly effective?: readonly string[];
  readonly permitted?: readonly string[];
  readonly inheritable?: readonly string[];
  readonly ambient?: readonly string[];
}

/** `type` like `RLIMIT_NOFILE`; -1 means infinity. */
export interface OciRlimit {
  readonly type: string;
  readonly soft: number;
  readonly hard: number;
}

export interface OciMount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  /**
   * Not in the specification: a directory above the source of a bind. Containers may change what is between the two,
   * and must not be able to lead the mount out of it.
   */
  readonly below?: string;
  /** mount(8) words (`ro`, `nosuid`, `rbind`, `rslave`, `rro`) and file-system options (`mode=1777`). */
  readonly options?: readonly string[];
  /** If both are given, the mount's files have these owners inside (mount_setattr(2), MOUNT_ATTR_IDMAP). */
  readonly uidMappings?: readonly OciIdMapping[];
  readonly gidMappings?: readonly OciIdMapping[];
}

export type OciNamespaceType = 'mount' | 'pid' | 'network' | 'ipc' | 'uts' | 'cgroup' | 'user' | 'time';

export interface OciIdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface OciLinux {
  /** A type that is not listed remains the runtime's own (the host's). */
  readonly namespaces: readonly { readonly type: OciNamespaceType; readonly path?: string }[];
  readonly uidMappings?: readonly OciIdMapping[];
  readonly gidMappings?: readonly OciIdMapping[];
  readonly devices?: readonly OciDevice[];
  readonly cgroupsPath?: string;
  readonly resources?: OciResources;
  readonly seccomp?: OciSeccomp;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly rootfsPropagation?: string;
  /** `monotonic` and `boottime` → what to add to the machine's clock; time_namespaces(7). */
  readonly timeOffsets?: Readonly<
    Record<string, { readonly secs?: number; readonly nanosecs?: number } | undefined>
  >;
  readonly personality?: { readonly domain: string; readonly flags?: readonly string[] };
  readonly mountLabel?: string;
  readonly intelRdt?: object;
  readonly memoryPolicy?: object;
  /** Network devices of the machine to move into the container, by their name there. */
  readonly netDevices?: Readonly<Record<string, { readonly name?: string } | undefined>>;
}

export interface OciDevice {
  readonly path: string;
  readonly type: 'c' | 'b' | 'u' | 'p';
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** A missing or negative major or minor is a wildcard. */
export interface OciDeviceRule {
  readonly allow: boolean;
  readonly type?: 'a' | 'b' | 'c';
  readonly major?: number;
  readonly minor?: number;
  /** Any of `r`, `w`, `m`; absent means all. */
  readonly access?: string;
}

export interface OciResources {
  /** In order; later rules take precedence. */
  readonly devices?: readonly OciDeviceRule[];
  readonly memory?: {
    /** Bytes; -1 means no limit. */
    readonly limit?: number;
    readonly reservation?: number;
    /** Memory plus swap, bytes; -1 means no limit. */
    readonly swap?: number;
    readonly kernelTCP?: number;
    readonly swappiness?: number;
    readonly disableOOMKiller?: boolean;
  };
  readonly cpu?: {
    readonly shares?: number;
    /** Microseconds. */
    readonly quota?: number;
    readonly period?: number;
    readonly realtimeRuntime?: number;
    readonly realtimePeriod?: number;
    readonly cpus?: string;
    readonly mems?: string;
  };
  readonly pids?: { readonly limit: number };
  readonly blockIO?: {
    /** 10 to 1000. */
    readonly weight?: number;
    readonly weightDevice?: readonly {
      readonly major: number;
      readonly minor: number;
      readonly weight: number;
    }[];
    readonly throttleReadBpsDevice?: readonly OciThrottle[];
    readonly throttleWriteBpsDevice?: readonly OciThrottle[];
    readonly throttleReadIOPSDevice?: readonly OciThrottle[];
    readonly throttleWriteIOPSDevice?: readonly OciThrottle[];
  };
  readonly unified?: Readonly<Record<string, string>>;
}

export interface OciThrottle {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

export type OciSeccompAction =
  | 'SCMP_ACT_KILL'
  | 'SCMP_ACT_KILL_THREAD'
  | 'SCMP_ACT_KILL_PROCESS'
  | 'SCMP_ACT_TRAP'
  | 'SCMP_ACT_ERRNO'
  | 'SCMP_ACT_TRACE'
  | 'SCMP_ACT_LOG'
  | 'SCMP_ACT_ALLOW';

export type OciSeccompOperator =
  | 'SCMP_CMP_NE'
  | 'SCMP_CMP_LT'
  | 'SCMP_CMP_LE'
  | 'SCMP_CMP_EQ'
  | 'SCMP_CMP_GE'
  | 'SCMP_CMP_GT'
  | 'SCMP_CMP_MASKED_EQ';

export interface OciSeccomp {
  readonly defaultAction: OciSeccompAction;
  readonly defaultErrnoRet?: number;
  /** `SCMP_ARCH_X86_64` …; absent: the native one. */
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly syscalls?: readonly OciSeccompRule[];
}

export interface OciSeccompRule {
  readonly names: readonly string[];
  readonly action: OciSeccompAction;
  readonly errnoRet?: number;
  readonly args?: readonly OciSeccompArg[];
}

/** `index` 0 to 5. Values are unsigned 64-bit; a bigint where a number would lose bits. */
export interface OciSeccompArg {
  readonly index: number;
  readonly value: number | bigint;
  readonly valueTwo?: number | bigint;
  readonly op: OciSeccompOperator;
}
