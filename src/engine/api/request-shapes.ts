import type { Shape } from '../http/body-shape.ts';
import type { ContainerConfig } from './container-config.ts';
import type { ExecCreateRequest, ExecStartRequest } from './exec.ts';
import type { HostConfig, MountRequest, Resources } from './host-config.ts';
import type {
  EndpointSettings,
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkDisconnectRequest,
} from './network.ts';
import type { VolumeCreateRequest } from './volume.ts';

/** A shape for every field of a request type; the compiler finds the one that is missing. */
type FieldsOf<T> = { readonly [Name in keyof Required<T>]: Shape };

const strings: Shape = { list: 'string' };
const integers: Shape = { list: 'integer' };
const textMap: Shape = { map: 'string' };
const set: Shape = { map: 'any' };
const rates: Shape = { list: { fields: { Path: 'string', Rate: 'integer' } } };

const restartPolicy: Shape = { fields: { Name: 'string', MaximumRetryCount: 'integer' } };

const config: FieldsOf<ContainerConfig> = {
  Hostname: 'string',
  Domainname: 'string',
  User: 'string',
  AttachStdin: 'boolean',
  AttachStdout: 'boolean',
  AttachStderr: 'boolean',
  ExposedPorts: set,
  Tty: 'boolean',
  OpenStdin: 'boolean',
  StdinOnce: 'boolean',
  Env: strings,
  Cmd: 'words',
  Healthcheck: {
    fields: {
      Test: strings,
      Interval: 'integer',
      Timeout: 'integer',
      StartPeriod: 'integer',
      StartInterval: 'integer',
      Retries: 'integer',
    },
  },
  Image: 'string',
  Volumes: set,
  WorkingDir: 'string',
  Entrypoint: 'words',
  NetworkDisabled: 'boolean',
  MacAddress: 'string',
  Labels: textMap,
  StopSignal: 'string',
  StopTimeout: 'integer',
  Shell: 'words',
};

const resources: FieldsOf<Resources> = {
  CpuShares: 'integer',
  Memory: 'integer',
  NanoCpus: 'integer',
  CgroupParent: 'string',
  BlkioWeight: 'integer',
  BlkioWeightDevice: { list: { fields: { Path: 'string', Weight: 'integer' } } },
  BlkioDeviceReadBps: rates,
  BlkioDeviceWriteBps: rates,
  BlkioDeviceReadIOps: rates,
  BlkioDeviceWriteIOps: rates,
  CpuPeriod: 'integer',
  CpuQuota: 'integer',
  CpuRealtimePeriod: 'integer',
  CpuRealtimeRuntime: 'integer',
  CpusetCpus: 'string',
  CpusetMems: 'string',
  Devices: {
    list: { fields: { PathOnHost: 'string', PathInContainer: 'string', CgroupPermissions: 'string' } },
  },
  DeviceCgroupRules: strings,
  DeviceRequests: 'any',
  MemoryReservation: 'integer',
  MemorySwap: 'integer',
  MemorySwappiness: 'integer',
  OomKillDisable: 'boolean',
  PidsLimit: 'integer',
  Ulimits: { list: { fields: { Name: 'string', Soft: 'integer', Hard: 'integer' } } },
  CpuCount: 'integer',
  CpuPercent: 'integer',
  Init: 'boolean',
};

const mount: FieldsOf<MountRequest> = {
  Type: 'string',
  Source: 'string',
  Target: 'string',
  ReadOnly: 'boolean',
  Consistency: 'string',
  BindOptions: {
    fields: {
      Propagation: 'string',
      NonRecursive: 'boolean',
      CreateMountpoint: 'boolean',
      ReadOnlyNonRecursive: 'boolean',
      ReadOnlyForceRecursive: 'boolean',
    },
  },
  VolumeOptions: {
    fields: {
      NoCopy: 'boolean',
      Labels: textMap,
      DriverConfig: { fields: { Name: 'string', Options: textMap } },
      Subpath: 'string',
    },
  },
  TmpfsOptions: { fields: { SizeBytes: 'integer', Mode: 'integer', Options: { list: strings } } },
  ImageOptions: { fields: { Subpath: 'string' } },
};

const host: FieldsOf<HostConfig> = {
  ...resources,
  Binds: strings,
  ContainerIDFile: 'string',
  LogConfig: { fields: { Type: 'string', Config: textMap } },
  NetworkMode: 'string',
  PortBindings: { map: { list: { fields: { HostIp: 'string', HostPort: 'string' } } } },
  RestartPolicy: restartPolicy,
  AutoRemove: 'boolean',
  VolumeDriver: 'string',
  VolumesFrom: strings,
  Mounts: { list: { fields: mount } },
  ConsoleSize: integers,
  Annotations: textMap,
  CapAdd: 'words',
  CapDrop: 'words',
  CgroupnsMode: 'string',
  Dns: strings,
  DnsOptions: strings,
  DnsSearch: strings,
  ExtraHosts: strings,
  GroupAdd: strings,
  IpcMode: 'string',
  Cgroup: 'string',
  Links: strings,
  OomScoreAdj: 'integer',
  PidMode: 'string',
  Privileged: 'boolean',
  PublishAllPorts: 'boolean',
  ReadonlyRootfs: 'boolean',
  SecurityOpt: strings,
  StorageOpt: textMap,
  Tmpfs: textMap,
  UTSMode: 'string',
  UsernsMode: 'string',
  ShmSize: 'integer',
  Sysctls: textMap,
  Runtime: 'string',
  Isolation: 'string',
  MaskedPaths: strings,
  ReadonlyPaths: strings,
};

const endpoint: FieldsOf<EndpointSettings> = {
  IPAMConfig: { fields: { IPv4Address: 'string', IPv6Address: 'string', LinkLocalIPs: strings } },
  Links: strings,
  Aliases: strings,
  MacAddress: 'string',
  DriverOpts: textMap,
  GwPriority: 'integer',
  NetworkID: 'string',
  EndpointID: 'string',
  Gateway: 'string',
  IPAddress: 'string',
  IPPrefixLen: 'integer',
  IPv6Gateway: 'string',
  GlobalIPv6Address: 'string',
  GlobalIPv6PrefixLen: 'integer',
  DNSNames: strings,
};

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

const execCreate: FieldsOf<ExecCreateRequest> = {
  AttachStdin: 'boolean',
  AttachStdout: 'boolean',
  AttachStderr: 'boolean',
  ConsoleSize: integers,
  DetachKeys: 'string',
  Tty: 'boolean',
  Env: strings,
  Cmd: strings,
  Privileged: 'boolean',
  User: 'string',
  WorkingDir: 'string',
};

/** POST /containers/{id}/exec */
export const execCreateShape: Shape = { fields: execCreate };

const execStart: FieldsOf<ExecStartRequest> = { Detach: 'boolean', Tty: 'boolean', ConsoleSize: integers };

/** POST /exec/{id}/start */
export const execStartShape: Shape = { fields: execStart };

const networkCreate: FieldsOf<NetworkCreateRequest> = {
  Name: 'string',
  CheckDuplicate: 'boolean',
  Driver: 'string',
  Scope: 'string',
  Internal: 'boolean',
  Attachable: 'boolean',
  Ingress: 'boolean',
  ConfigOnly: 'boolean',
  ConfigFrom: { fields: { Network: 'string' } },
  IPAM: {
    fields: {
      Driver: 'string',
      Config: {
        list: {
          fields: { Subnet: 'string', IPRange: 'string', Gateway: 'string', AuxiliaryAddresses: textMap },
        },
      },
      Options: textMap,
    },
  },
  EnableIPv4: 'boolean',
  EnableIPv6: 'boolean',
  Options: textMap,
  Labels: textMap,
};

/** POST /networks/create */
export const networkCreateShape: Shape = { fields: networkCreate };

const networkConnect: FieldsOf<NetworkConnectRequest> = {
  Container: 'string',
  EndpointConfig: { fields: endpoint },
};

/** POST /networks/{id}/connect */
export const networkConnectShape: Shape = { fields: networkConnect };

const networkDisconnect: FieldsOf<NetworkDisconnectRequest> = { Container: 'string', Force: 'boolean' };

/** POST /networks/{id}/disconnect */
export const networkDisconnectShape: Shape = { fields: networkDisconnect };

const volumeCreate: FieldsOf<VolumeCreateRequest> = {
  Name: 'string',
  Driver: 'string',
  DriverOpts: textMap,
  Labels: textMap,
};

/** POST /volumes/create */
export const volumeCreateShape: Shape = { fields: volumeCreate };
