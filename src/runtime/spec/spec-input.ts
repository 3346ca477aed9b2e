import type { CgroupLayout } from '../cgroup/cgroup-layout.ts';
import type { ResolvedUser } from './users.ts';

/**
 * The input of `generateSpec`. `config` and `hostConfig` are the Docker Engine API's objects from the create request (a
 * structural subset: the API types are assignable to it); the caller has resolved everything that depends on the
 * machine.
 */
export interface SpecInput {
  /** 64 hex digits. */
  readonly id: string;
  /** 8 hex digits; part of the cgroup path. */
  readonly instance: string;
  readonly config: ContainerConfigInput;
  readonly hostConfig: HostConfigInput;
  /** Binds, volumes and the tmpfs entries of `Mounts`, resolved; must not repeat `hostConfig.Tmpfs`. */
  readonly mounts: readonly ResolvedMount[];
  /** From users.ts, derived from `config.User` or the image's. */
  readonly user: ResolvedUser;
  /** Host paths of the generated files that are bound over /etc/…; missing ones are not mounted. */
  readonly files: { readonly hosts?: string; readonly hostname?: string; readonly resolvConf?: string };
  /** Pid of the init of the container named in `container:<name>`, for each mode of that form. */
  readonly joined: {
    readonly network?: number;
    readonly pid?: number;
    readonly ipc?: number;
    /** Host directory of the other container's /dev/shm (its `shmDir`). */
    readonly ipcShm?: string;
  };
  /** Host directory for /dev/shm with IpcMode `shareable`; the caller makes it with mode 1777. */
  readonly shmDir?: string;
  /** Device nodes of `hostConfig.Devices` and privileged containers, as found on the host. */
  readonly devices: readonly ResolvedDevice[];
  readonly machine: MachineFacts;
  /** Reads a seccomp profile named by path in SecurityOpt; absent: only inline JSON is accepted. */
  readonly readProfile?: (path: string) => string;
}

/** Facts about the machine, determined once by the engine. */
export interface MachineFacts {
  readonly architecture: 'x64' | 'arm64';
  /** /proc/sys/kernel/cap_last_cap. */
  readonly lastCapability: number;
  /** Capabilities that this process may pass on (CapBnd of /proc/self/status); absent: all. */
  readonly boundingSet?: bigint;
  readonly cgroups: CgroupLayout;
  /** Containers run inside a user namespace other than the initial one. */
  readonly userNamespace: boolean;
  /** Where the ids of this user namespace come from; absent in the initial one. */
  readonly namespaceIds?: NamespaceIds;
  /** How many ids from 0 on are groups in this user namespace; absent: all. */
  readonly groups?: number;
  /** Path of the network namespace for containers' networks; absent: the machine's own. */
  readonly networkHome?: string;
  /** The host's name, for containers that share its network or UTS namespace. */
  readonly hostname?: string;
  /** [major, minor]. */
  readonly kernel?: readonly [number, number];
  /** Online processors; absent: limits on cpus are not checked against this. */
  readonly cpus?: number;
  /** Hard RLIMIT_NOFILE of the keeper; absent: containers inherit its limits. */
  readonly hardOpenFiles?: number;
  /** Finite hard limits of the engine's process, by docker's names of ulimits. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Paths of this machine to hide in addition to the fixed list (thermal_throttle directories of processors). */
  readonly extraMaskedPaths?: readonly string[];
}

/** The ids of a user namespace that belongs to a user. */
export interface NamespaceIds {
  /** The user who is root in it, with the ids in the namespace above. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Sizes of the ranges that make up its ids, in order from 0 on; each range is separate in the namespace above. */
  readonly users: readonly number[];
  readonly groups: readonly number[];
}

export interface ContainerConfigInput {
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly User?: string;
  readonly Tty?: boolean;
  /** `K=V`, or just `K` to remove the image's `K`. */
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | string | null;
  /** An empty array or `['']` clears the image's. */
  readonly Entrypoint?: readonly string[] | string | null;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

export interface HostConfigInput {
  readonly NetworkMode?: string;
  readonly PidMode?: string;
  readonly IpcMode?: string;
  readonly UTSMode?: string;
  readonly CgroupnsMode?: string;
  readonly UsernsMode?: string;
  readonly Privileged?: boolean;
  readonly ReadonlyRootfs?: boolean;
  readonly CapAdd?: readonly string[] | null;
  readonly CapDrop?: readonly string[] | null;
  readonly SecurityOpt?: readonly string[] | null;
  readonly Sysctls?: Readonly<Record<string, string>> | null;
  readonly Ulimits?:
    | readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[]
    | null;
  readonly GroupAdd?: readonly string[] | null;
  readonly OomScoreAdj?: number;
  readonly OomKillDisable?: boolean | null;
  readonly Init?: boolean | null;
  readonly ShmSize?: number;
  readonly Tmpfs?: Readonly<Record<string, string>> | null;
  readonly MaskedPaths?: readonly string[] | null;
  readonly ReadonlyPaths?: readonly string[] | null;
  readonly DeviceCgroupRules?: readonly string[] | null;
  readonly Annotations?: Readonly<Record<string, string>> | null;
  readonly Memory?: number;
  readonly MemoryReservation?: number;
  readonly MemorySwap?: number;
  readonly MemorySwappiness?: number | null;
  readonly NanoCpus?: number;
  readonly CpuShares?: number;
  readonly CpuQuota?: number;
  readonly CpuPeriod?: number;
  readonly CpuRealtimePeriod?: number;
  readonly CpuRealtimeRuntime?: number;
  readonly CpusetCpus?: string;
  readonly CpusetMems?: string;
  readonly PidsLimit?: number | null;
  readonly BlkioWeight?: number;
  readonly BlkioWeightDevice?: readonly BlkioDevice<'Weight'>[] | null;
  readonly BlkioDeviceReadBps?: readonly BlkioDevice<'Rate'>[] | null;
  readonly BlkioDeviceWriteBps?: readonly BlkioDevice<'Rate'>[] | null;
  readonly BlkioDeviceReadIOps?: readonly BlkioDevice<'Rate'>[] | null;
  readonly BlkioDeviceWriteIOps?: readonly BlkioDevice<'Rate'>[] | null;
  readonly CgroupParent?: string;
  readonly Runtime?: string;
}

/** `Path` is on the host; the caller adds the device's numbers (stat of the path). */
export type BlkioDevice<Field extends string> = { readonly Path: string } & {
  readonly [name in Field]: number;
} & { readonly major?: number; readonly minor?: number };

export interface ResolvedMount {
  readonly type: 'bind' | 'volume' | 'tmpfs';
  /** Absolute host path (bind, volume); '' for tmpfs. */
  readonly source: string;
  /** OciMount.below. */
  readonly below?: string;
  /** Absolute path in the container. */
  readonly target: string;
  readonly readOnly: boolean;
  /** Bind: include what is mounted below the source (default true in Docker). */
  readonly recursive?: boolean;
  /** Bind: mounts below are read-only too (Docker's default for `ro` on kernels ≥ 5.12 is true). */
  readonly readOnlyRecursive?: boolean;
  readonly propagation?: 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave';
  /** tmpfs: file-system options, for example `size=1048576`, `mode=1777`, `exec`. */
  readonly options?: readonly string[];
}

export interface ResolvedDevice {
  /** Path in the container. */
  readonly path: string;
  readonly type: 'c' | 'b';
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
  /** CgroupPermissions: any of r, w, m. */
  readonly access: string;
}

/** Annotation of a container whose processes have the groups of the user who runs it; other runtimes use the same name. */
export const keepGroups = 'run.oci.keep_original_groups';

/**
 * Annotation of our specs: HOME comes from the user's passwd entry, and was not set by anyone; an exec as another user
 * gets that user's home.
 */
export const homeFromAccounts = 'org.tcompose.home-from-accounts';
