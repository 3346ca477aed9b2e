import type { Shape } from '../http/body-shape.ts';
import type { BuildRequest } from './build.ts';
import type { ContainerConfig } from './container-config.ts';
import type { HandoverRequest, ShutdownRequest } from './engine.ts';
import type { ExecCreateRequest, ExecStartRequest } from './exec.ts';
import type { HoldRequest } from './holds.ts';
import type { HostConfig, MountRequest, Resources } from './host-config.ts';
import type {
  EndpointSettings,
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkDisconnectRequest,
} from './network.ts';
import type { PreflightRequest } from './preflight.ts';
import type { UnsyncRequest } from './sync.ts';
import type { TakePlaceRequest } from './take-place.ts';
import type { VolumeCreateRequest } from './volume.ts';

/** A shape for every field of a request type; the compiler finds the one that is missing. */
type FieldsOf<T> = { readonly [Name in keyof Required<T>]: Shape };

const texts: Shape = { list: 'text' };
const lines: Shape = { list: 'line' };
const words: Shape = { list: 'word' };
const integers: Shape = { list: 'integer' };
const labels: Shape = { map: 'text' };
const options: Shape = { map: 'line', keys: 'line' };
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

const endpoint: FieldsOf<EndpointSettings> = {
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

/** Configuration of a container after its image's was merged in: an image is as little trusted as a request. */
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

const execCreate: FieldsOf<ExecCreateRequest> = {
  AttachStdin: 'boolean',
  AttachStdout: 'boolean',
  AttachStderr: 'boolean',
  ConsoleSize: integers,
  DetachKeys: 'line',
  Tty: 'boolean',
  Env: texts,
  Cmd: texts,
  Privileged: 'boolean',
  User: 'line',
  WorkingDir: 'text',
};

/** POST /containers/{id}/exec */
export const execCreateShape: Shape = { fields: execCreate };

const execStart: FieldsOf<ExecStartRequest> = { Detach: 'boolean', Tty: 'boolean', ConsoleSize: integers };

/** POST /exec/{id}/start */
export const execStartShape: Shape = { fields: execStart };

const networkCreate: FieldsOf<NetworkCreateRequest> = {
  Name: 'line',
  CheckDuplicate: 'boolean',
  Driver: 'line',
  Scope: 'word',
  Internal: 'boolean',
  Attachable: 'boolean',
  Ingress: 'boolean',
  ConfigOnly: 'boolean',
  ConfigFrom: { fields: { Network: 'line' } },
  IPAM: {
    fields: {
      Driver: 'line',
      Config: {
        list: {
          fields: {
            Subnet: 'word',
            IPRange: 'word',
            Gateway: 'word',
            AuxiliaryAddresses: { map: 'word', keys: 'line' },
          },
        },
      },
      Options: options,
    },
  },
  EnableIPv4: 'boolean',
  EnableIPv6: 'boolean',
  Options: options,
  Labels: labels,
};

/** POST /networks/create */
export const networkCreateShape: Shape = { fields: networkCreate };

const networkConnect: FieldsOf<NetworkConnectRequest> = {
  Container: 'line',
  EndpointConfig: { fields: endpoint },
};

/** POST /networks/{id}/connect */
export const networkConnectShape: Shape = { fields: networkConnect };

const networkDisconnect: FieldsOf<NetworkDisconnectRequest> = { Container: 'line', Force: 'boolean' };

/** POST /networks/{id}/disconnect */
export const networkDisconnectShape: Shape = { fields: networkDisconnect };

const volumeCreate: FieldsOf<VolumeCreateRequest> = {
  Name: 'line',
  Driver: 'line',
  DriverOpts: options,
  Labels: labels,
};

/** POST /volumes/create */
export const volumeCreateShape: Shape = { fields: volumeCreate };

const preflight: FieldsOf<PreflightRequest> = {
  // Each request is looked at by itself, so that what is wrong with it is told under its container's name.
  create: { list: { fields: { name: 'line', request: 'any', start: 'boolean' } } },
  start: lines,
  release: lines,
};

/** POST /tcompose/preflight */
export const preflightShape: Shape = { fields: preflight };

const handover: FieldsOf<HandoverRequest> = { engine: 'text', version: 'line' };

/** POST /tcompose/handover */
export const handoverShape: Shape = { fields: handover };

const shutdown: FieldsOf<ShutdownRequest> = { force: 'boolean' };

/** POST /tcompose/shutdown */
export const shutdownShape: Shape = { fields: shutdown };

const unsync: FieldsOf<UnsyncRequest> = {
  paths: { list: { fields: { path: 'text', directory: 'boolean' } } },
};

/** POST /tcompose/containers/{id}/unsync */
export const unsyncShape: Shape = { fields: unsync };

const hold: FieldsOf<HoldRequest> = { labels: texts };

/** POST /tcompose/holds */
export const holdShape: Shape = { fields: hold };

const takePlace: FieldsOf<TakePlaceRequest> = { from: 'line', within: 'integer' };

/** POST /tcompose/containers/{id}/take-place */
export const takePlaceShape: Shape = { fields: takePlace };

const build: FieldsOf<BuildRequest> = {
  context: 'text',
  confined: 'boolean',
  dockerfile: 'text',
  dockerfileText: 'any',
  target: 'line',
  args: labels,
  labels,
  tags: lines,
  contexts: labels,
  secrets: labels,
  ssh: labels,
  platform: 'line',
  pull: 'boolean',
  local: lines,
  noCache: 'boolean',
  noCacheFilter: lines,
  network: 'word',
  extraHosts: lines,
  shmSize: 'integer',
  ulimits: lines,
  only: 'word',
  localOutput: 'text',
};
export const buildShape: Shape = { fields: build };
