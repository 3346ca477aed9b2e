import type { StringMap } from './common.ts';

export interface RestartPolicy {
  readonly Name?: '' | 'no' | 'always' | 'unless-stopped' | 'on-failure';
  readonly MaximumRetryCount?: number;
}

/** Where on the machine a port of the container is published. */
export interface PortBindingRequest {
  readonly HostIp?: string;
  /** A port, a range `8000-8010`, or empty for any free port. */
  readonly HostPort?: string;
}

/** Element of `Mounts`, the long form of `Binds`. */
export interface MountRequest {
  readonly Type: 'bind' | 'volume' | 'tmpfs' | 'npipe' | 'cluster' | 'image';
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly Consistency?: string;
  readonly BindOptions?: {
    readonly Propagation?: string;
    readonly NonRecursive?: boolean;
    readonly CreateMountpoint?: boolean;
    readonly ReadOnlyNonRecursive?: boolean;
    readonly ReadOnlyForceRecursive?: boolean;
  } | null;
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    readonly Labels?: StringMap | null;
    readonly DriverConfig?: { readonly Name?: string; readonly Options?: StringMap | null } | null;
    readonly Subpath?: string;
  } | null;
  readonly TmpfsOptions?: {
    readonly SizeBytes?: number;
    readonly Mode?: number;
    readonly Options?: readonly (readonly string[])[];
  } | null;
  readonly ImageOptions?: { readonly Subpath?: string } | null;
}

export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer?: string;
  readonly CgroupPermissions?: string;
}

export interface DeviceRequest {
  readonly Driver?: string;
  readonly Count?: number;
  readonly DeviceIDs?: readonly string[] | null;
  readonly Capabilities?: readonly (readonly string[])[] | null;
  readonly Options?: StringMap | null;
}

export interface Ulimit {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

/** Rate per second: bytes or operations. */
export interface ThrottleDevice {
  readonly Path: string;
  readonly Rate: number;
}

export interface WeightDevice {
  readonly Path: string;
  readonly Weight: number;
}

export interface LogConfig {
  readonly Type?: string;
  readonly Config?: StringMap | null;
}

/** Limits and devices; sizes in bytes, -1 for no limit. */
export interface Resources {
  readonly CpuShares?: number;
  readonly Memory?: number;
  readonly NanoCpus?: number;
  readonly CgroupParent?: string;
  readonly BlkioWeight?: number;
  readonly BlkioWeightDevice?: readonly WeightDevice[] | null;
  readonly BlkioDeviceReadBps?: readonly ThrottleDevice[] | null;
  readonly BlkioDeviceWriteBps?: readonly ThrottleDevice[] | null;
  readonly BlkioDeviceReadIOps?: readonly ThrottleDevice[] | null;
  readonly BlkioDeviceWriteIOps?: readonly ThrottleDevice[] | null;
  /** Microseconds. */
  readonly CpuPeriod?: number;
  readonly CpuQuota?: number;
  readonly CpuRealtimePeriod?: number;
  readonly CpuRealtimeRuntime?: number;
  readonly CpusetCpus?: string;
  readonly CpusetMems?: string;
  readonly Devices?: readonly DeviceMapping[] | null;
  readonly DeviceCgroupRules?: readonly string[] | null;
  readonly DeviceRequests?: readonly DeviceRequest[] | null;
  readonly MemoryReservation?: number;
  readonly MemorySwap?: number;
  readonly MemorySwappiness?: number | null;
  readonly OomKillDisable?: boolean | null;
  readonly PidsLimit?: number | null;
  readonly Ulimits?: readonly Ulimit[] | null;
  readonly CpuCount?: number;
  readonly CpuPercent?: number;
  readonly Init?: boolean | null;
}

/** The part of a container's configuration that depends on the machine. */
export interface HostConfig extends Resources {
  /** `source:target[:options]`. */
  readonly Binds?: readonly string[] | null;
  readonly ContainerIDFile?: string;
  readonly LogConfig?: LogConfig | null;
  /** `default`, `bridge`, `host`, `none`, `container:<id>`, or a network's name or id. */
  readonly NetworkMode?: string;
  readonly PortBindings?: Readonly<Record<string, readonly PortBindingRequest[] | null>> | null;
  readonly RestartPolicy?: RestartPolicy | null;
  readonly AutoRemove?: boolean;
  readonly VolumeDriver?: string;
  readonly VolumesFrom?: readonly string[] | null;
  readonly Mounts?: readonly MountRequest[] | null;
  readonly ConsoleSize?: readonly number[] | null;
  readonly Annotations?: StringMap | null;
  readonly CapAdd?: readonly string[] | null;
  readonly CapDrop?: readonly string[] | null;
  readonly CgroupnsMode?: '' | 'private' | 'host';
  readonly Dns?: readonly string[] | null;
  readonly DnsOptions?: readonly string[] | null;
  readonly DnsSearch?: readonly string[] | null;
  /** `host:address`; the address may be `host-gateway`. */
  readonly ExtraHosts?: readonly string[] | null;
  readonly GroupAdd?: readonly string[] | null;
  readonly IpcMode?: string;
  readonly Cgroup?: string;
  readonly Links?: readonly string[] | null;
  readonly OomScoreAdj?: number;
  readonly PidMode?: string;
  readonly Privileged?: boolean;
  readonly PublishAllPorts?: boolean;
  readonly ReadonlyRootfs?: boolean;
  readonly SecurityOpt?: readonly string[] | null;
  readonly StorageOpt?: StringMap | null;
  readonly Tmpfs?: StringMap | null;
  readonly UTSMode?: string;
  readonly UsernsMode?: string;
  readonly ShmSize?: number;
  readonly Sysctls?: StringMap | null;
  readonly Runtime?: string;
  readonly Isolation?: string;
  readonly MaskedPaths?: readonly string[] | null;
  readonly ReadonlyPaths?: readonly string[] | null;
}
