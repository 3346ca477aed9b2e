import type { Shape } from '../http/body-shape.ts';
import type { ContainerConfig } from './container-config.ts';
import type { HostConfig, MountRequest, Resources } from './host-config.ts';
import type { EndpointSettings } from './network.ts';

/** A shape for every field of a request type; the compiler reports missing ones. */
export type FieldsOf<T> = { readonly [Name in keyof Required<T>]: Shape };

export const texts: Shape = { list: 'text' };
export const lines: Shape = { list: 'line' };
const words: Shape = { list: 'word' };
export const integers: Shape = { list: 'integer' };
export const labels: Shape = { map: 'text' };
export const options: Shape = { map: 'line', keys: 'line' };
const rates: Shape = { list: { fields: { Path: 'text', Rate: 'integer' } } };

const restartPolicy: Shape = { fields: { Name: 'word', MaximumRetryCount: 'integer' } };

const config: FieldsOf<ContainerConfig> = {
  Hostname: 'word',
  Domainname: 'word',
  User: 'line',
  AttachStdin: 'boolean',
  AttachStdout: 'boolean',
  AttachStderr: 'boolean',
  ExposedPorts: { map: 'any', keys: 'word' },
  Tty: 'boolean',
  OpenStdin: 'boolean',
  StdinOnce: 'boolean',
  Env: texts,
  Cmd: 'words',
  Healthcheck: {
    fields: {
      Test: texts,
      Interval: 'integer',
      Timeout: 'integer',
      StartPeriod: 'integer',
      StartInterval: 'integer',
      Retries: 'integer',
    },
  },
  Image: 'line',
  Volumes: { map: 'any' },
  WorkingDir: 'text',
  Entrypoint: 'words',
  NetworkDisabled: 'boolean',
  MacAddress: 'word',
  Labels: labels,
  StopSignal: 'word',
  StopTimeout: 'integer',
  Shell: 'words',
};

const resources: FieldsOf<Resources> = {
  CpuShares: 'integer',
  Memory: 'integer',
  NanoCpus: 'integer',
  CgroupParent: 'line',
  BlkioWeight: 'integer',
  BlkioWeightDevice: { list: { fields: { Path: 'text', Weight: 'integer' } } },
  BlkioDeviceReadBps: rates,
  BlkioDeviceWriteBps: rates,
  BlkioDeviceReadIOps: rates,
  BlkioDeviceWriteIOps: rates,
  CpuPeriod: 'integer',
  CpuQuota: 'integer',
  CpuRealtimePeriod: 'integer',
  CpuRealtimeRuntime: 'integer',
  CpusetCpus: 'word',
  CpusetMems: 'word',
  Devices: {
    list: { fields: { PathOnHost: 'text', PathInContainer: 'text', CgroupPermissions: 'word' } },
  },
  DeviceCgroupRules: lines,
  DeviceRequests: 'any',
  MemoryReservation: 'integer',
  MemorySwap: 'integer',
  MemorySwappiness: 'integer',
  OomKillDisable: 'boolean',
  PidsLimit: 'integer',
  Ulimits: { list: { fields: { Name: 'word', Soft: 'integer', Hard: 'integer' } } },
  CpuCount: 'integer',
  CpuPercent: 'integer',
  Init: 'boolean',
};

const mount: FieldsOf<MountRequest> = {
  Type: 'word',
  Source: 'text',
  Target: 'text',
  ReadOnly: 'boolean',
  Consistency: 'word',
  BindOptions: {
    fields: {
      Propagation: 'word',
      NonRecursive: 'boolean',
      CreateMountpoint: 'boolean',
      ReadOnlyNonRecursive: 'boolean',
      ReadOnlyForceRecursive: 'boolean',
    },
  },
  VolumeOptions: {
    fields: {
      NoCopy: 'boolean',
      Labels: labels,
      DriverConfig: { fields: { Name: 'line', Options: options } },
      Subpath: 'text',
    },
  },
  TmpfsOptions: { fields: { SizeBytes: 'integer', Mode: 'integer', Options: { list: lines } } },
  ImageOptions: { fields: { Subpath: 'text' } },
};

const host: FieldsOf<HostConfig> = {
  ...resources,
  Binds: texts,
  ContainerIDFile: 'text',
  LogConfig: { fields: { Type: 'word', Config: options } },
  NetworkMode: 'line',
  PortBindings: { map: { list: { fields: { HostIp: 'word', HostPort: 'word' } } }, keys: 'word' },
  RestartPolicy: restartPolicy,
  AutoRemove: 'boolean',
  VolumeDriver: 'line',
  VolumesFrom: lines,
  Mounts: { list: { fields: mount } },
  ConsoleSize: integers,
  Annotations: labels,
  CapAdd: 'words',
  CapDrop: 'words',
  CgroupnsMode: 'word',
  Dns: words,
  DnsOptions: words,
  DnsSearch: words,
  ExtraHosts: words,
  GroupAdd: lines,
  IpcMode: 'line',
  Cgroup: 'line',
  Links: lines,
  OomScoreAdj: 'integer',
  PidMode: 'line',
  Privileged: 'boolean',
  PublishAllPorts: 'boolean',
  ReadonlyRootfs: 'boolean',
  SecurityOpt: texts,
  StorageOpt: options,
  Tmpfs: { map: 'line' },
  UTSMode: 'line',
  UsernsMode: 'line',
  ShmSize: 'integer',
  Sysctls: { map: 'line', keys: 'word' },
  Runtime: 'line',
  Isolation: 'word',
  MaskedPaths: texts,
  ReadonlyPaths: texts,
};

export const endpoint: FieldsOf<EndpointSettings> = {
  IPAMConfig: { fields: { IPv4Address: 'word', IPv6Address: 'word', LinkLocalIPs: words } },
  Links: lines,
  Aliases: words,
  MacAddress: 'word',
  DriverOpts: options,
  GwPriority: 'integer',
  NetworkID: 'line',
  EndpointID: 'line',
  Gateway: 'word',
  IPAddress: 'word',
  IPPrefixLen: 'integer',
  IPv6Gateway: 'word',
  GlobalIPv6Address: 'word',
  GlobalIPv6PrefixLen: 'integer',
  DNSNames: words,
};

/** Configuration of a container after the image's was merged into it: an image is trusted as little as a request. */
export const mergedConfigShape: Shape = { fields: config };

/** POST /containers/create */
export const containerCreateShape: Shape = {
  fields: {
    ...config,
    HostConfig: { fields: host },
    NetworkingConfig: { fields: { EndpointsConfig: { map: { fields: endpoint } } } },
  },
};

/** POST /containers/{id}/update */
export const containerUpdateShape: Shape = { fields: { ...resources, RestartPolicy: restartPolicy } };
