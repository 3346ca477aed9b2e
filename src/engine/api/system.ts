import type { StringMap } from './common.ts';
import type { ContainerSummary } from './container.ts';
import type { ImageSummary } from './image.ts';
import type { VolumeInspect } from './volume.ts';

/** GET /version */
export interface Version {
  readonly Platform: { readonly Name: string };
  readonly Components: readonly {
    readonly Name: string;
    readonly Version: string;
    readonly Details?: StringMap;
  }[];
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion: string;
  readonly GitCommit: string;
  readonly GoVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion: string;
  readonly BuildTime: string;
}

/** GET /info (the fields clients read). */
export interface Info {
  readonly ID: string;
  readonly Containers: number;
  readonly ContainersRunning: number;
  readonly ContainersPaused: number;
  readonly ContainersStopped: number;
  readonly Images: number;
  readonly Driver: string;
  readonly DriverStatus: readonly (readonly [string, string])[];
  readonly DockerRootDir: string;
  readonly Plugins: Readonly<
    Record<'Volume' | 'Network' | 'Authorization' | 'Log', readonly string[] | null>
  >;
  readonly MemoryLimit: boolean;
  readonly SwapLimit: boolean;
  readonly CpuCfsPeriod: boolean;
  readonly CpuCfsQuota: boolean;
  readonly CPUShares: boolean;
  readonly CPUSet: boolean;
  readonly PidsLimit: boolean;
  readonly OomKillDisable: boolean;
  readonly IPv4Forwarding: boolean;
  readonly Debug: boolean;
  readonly NFd: number;
  readonly NGoroutines: number;
  readonly SystemTime: string;
  readonly LoggingDriver: string;
  readonly CgroupDriver: string;
  readonly CgroupVersion: '1' | '2';
  readonly NEventsListener: number;
  readonly KernelVersion: string;
  readonly OperatingSystem: string;
  readonly OSVersion: string;
  readonly OSType: 'linux';
  readonly Architecture: string;
  readonly IndexServerAddress: string;
  readonly RegistryConfig: null;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly Name: string;
  readonly Labels: readonly string[];
  readonly ExperimentalBuild: boolean;
  readonly ServerVersion: string;
  readonly Runtimes: Readonly<
    Record<string, { readonly path: string; readonly runtimeArgs?: readonly string[] }>
  >;
  readonly DefaultRuntime: string;
  readonly Swarm: { readonly LocalNodeState: 'inactive' };
  readonly LiveRestoreEnabled: boolean;
  readonly Isolation: string;
  readonly InitBinary: string;
  /** Since API 1.49. */
  readonly FirewallBackend?: { readonly Driver: string };
  readonly SecurityOptions: readonly string[];
  readonly Warnings: readonly string[] | null;
}

/** GET /system/df */
export interface DiskUsage {
  /** Of layers and the blobs they came as. */
  readonly LayersSize: number;
  /** The blobs' part of LayersSize, and how much of it belongs to images of containers. Docker has no such field. */
  readonly KeptBlobs?: { readonly Size: number; readonly Active: number };
  readonly Images: readonly ImageSummary[];
  readonly Containers: readonly ContainerSummary[];
  readonly Volumes: readonly VolumeInspect[];
  readonly BuildCache: readonly object[];
}
