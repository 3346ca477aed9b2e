import type { GraphDriver, StringMap } from './common.ts';
import type { ContainerConfig } from './container-config.ts';
import type { HostConfig, Resources, RestartPolicy } from './host-config.ts';
import type { EndpointSettings, NetworkingConfig } from './network.ts';

/** POST /containers/create?name=&platform= */
export interface ContainerCreateRequest extends ContainerConfig {
  readonly HostConfig?: HostConfig | null;
  readonly NetworkingConfig?: NetworkingConfig | null;
}

export interface ContainerCreateResponse {
  readonly Id: string;
  readonly Warnings: readonly string[];
}

/** The status words of the API. */
export type ContainerStatusName =
  | 'created'
  | 'running'
  | 'paused'
  | 'restarting'
  | 'removing'
  | 'exited'
  | 'dead';

/** One run of a health check; times RFC 3339 with nanoseconds. */
export interface HealthLogEntry {
  readonly Start: string;
  readonly End: string;
  readonly ExitCode: number;
  readonly Output: string;
}

/** The result of the health checks so far. */
export interface HealthState {
  readonly Status: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly FailingStreak: number;
  readonly Log: readonly HealthLogEntry[];
}

export interface ContainerState {
  readonly Status: ContainerStatusName;
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly Restarting: boolean;
  readonly OOMKilled: boolean;
  readonly Dead: boolean;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  /** RFC 3339 with nanoseconds; `0001-01-01T00:00:00Z` is never. */
  readonly StartedAt: string;
  readonly FinishedAt: string;
  readonly Health?: HealthState;
}

/** A mount in a container. */
export interface MountPoint {
  readonly Type: 'bind' | 'volume' | 'tmpfs' | 'image';
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
  readonly Driver?: string;
  readonly Mode: string;
  readonly RW: boolean;
  readonly Propagation: string;
}

export interface NetworkSettings {
  readonly Bridge: string;
  readonly SandboxID: string;
  readonly SandboxKey: string;
  readonly Ports: Readonly<
    Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
  >;
  readonly HairpinMode: boolean;
  readonly LinkLocalIPv6Address: string;
  readonly LinkLocalIPv6PrefixLen: number;
  readonly SecondaryIPAddresses: null;
  readonly SecondaryIPv6Addresses: null;
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly IPv6Gateway: string;
  readonly MacAddress: string;
  readonly Networks: Readonly<Record<string, EndpointSettings>>;
}

/** GET /containers/{id}/json */
export interface ContainerInspect {
  readonly Id: string;
  readonly Created: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly State: ContainerState;
  /** Image id, `sha256:…`. */
  readonly Image: string;
  readonly ResolvConfPath: string;
  readonly HostnamePath: string;
  readonly HostsPath: string;
  readonly LogPath: string;
  /** With a leading slash. */
  readonly Name: string;
  readonly RestartCount: number;
  readonly Driver: string;
  readonly Platform: string;
  readonly MountLabel: string;
  readonly ProcessLabel: string;
  readonly AppArmorProfile: string;
  readonly ExecIDs: readonly string[] | null;
  readonly HostConfig: HostConfig;
  readonly GraphDriver: GraphDriver;
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Mounts: readonly MountPoint[];
  readonly Config: ContainerConfig;
  readonly NetworkSettings: NetworkSettings;
}

export interface PortSummary {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: 'tcp' | 'udp' | 'sctp';
}

/** Element of GET /containers/json */
export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  /** Unix seconds. */
  readonly Created: number;
  readonly Ports: readonly PortSummary[];
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Labels: StringMap;
  readonly State: ContainerStatusName;
  /** For display: `Up 3 minutes (healthy)`. */
  readonly Status: string;
  /** Since API version 1.52; absent without a health check. */
  readonly Health?: { readonly Status: string; readonly FailingStreak: number };
  readonly HostConfig: { readonly NetworkMode: string; readonly Annotations?: StringMap };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, EndpointSettings>> };
  readonly Mounts: readonly MountPoint[];
}

/** POST /containers/{id}/wait */
export interface ContainerWaitResponse {
  readonly StatusCode: number;
  readonly Error?: { readonly Message: string } | null;
}

/** POST /containers/{id}/update: limits (0 and '' leave a limit unchanged) and the restart policy. */
export interface ContainerUpdateRequest extends Resources {
  readonly RestartPolicy?: RestartPolicy | null;
}

export interface ContainerUpdateResponse {
  readonly Warnings: readonly string[];
}

/** GET /containers/{id}/top */
export interface ContainerTopResponse {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[];
}
