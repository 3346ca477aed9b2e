import { defaultMaskedPaths, defaultReadonlyPaths } from '../../../runtime/spec/spec-security.ts';
import type { ContainerConfig } from '../../api/container-config.ts';
import type { HostConfig } from '../../api/host-config.ts';

/**
 * Docker's answers for fields that a create request left out. Clients read them without checking that they exist
 * (`inspect -f '{{.HostConfig.Memory}}'`), so an answer has all of them; a record keeps only what was given.
 */
const hostDefaults: HostConfig = {
  Binds: null,
  ContainerIDFile: '',
  LogConfig: { Type: 'json-file', Config: {} },
  NetworkMode: 'bridge',
  PortBindings: {},
  RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
  AutoRemove: false,
  VolumeDriver: '',
  VolumesFrom: null,
  ConsoleSize: [0, 0],
  CapAdd: null,
  CapDrop: null,
  CgroupnsMode: 'private',
  Dns: [],
  DnsOptions: [],
  DnsSearch: [],
  ExtraHosts: null,
  GroupAdd: null,
  IpcMode: 'private',
  Cgroup: '',
  Links: null,
  OomScoreAdj: 0,
  PidMode: '',
  Privileged: false,
  PublishAllPorts: false,
  ReadonlyRootfs: false,
  SecurityOpt: null,
  UTSMode: '',
  UsernsMode: '',
  ShmSize: 64 * 1024 * 1024,
  Runtime: 'tcompose',
  Isolation: '',
  CpuShares: 0,
  Memory: 0,
  NanoCpus: 0,
  CgroupParent: '',
  BlkioWeight: 0,
  BlkioWeightDevice: [],
  BlkioDeviceReadBps: [],
  BlkioDeviceWriteBps: [],
  BlkioDeviceReadIOps: [],
  BlkioDeviceWriteIOps: [],
  CpuPeriod: 0,
  CpuQuota: 0,
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  CpusetCpus: '',
  CpusetMems: '',
  Devices: [],
  DeviceCgroupRules: null,
  DeviceRequests: null,
  MemoryReservation: 0,
  MemorySwap: 0,
  MemorySwappiness: null,
  OomKillDisable: false,
  PidsLimit: null,
  Ulimits: [],
  CpuCount: 0,
  CpuPercent: 0,
};

const configDefaults: Omit<ContainerConfig, 'Image'> = {
  Hostname: '',
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: [],
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  Labels: {},
};

/** HostConfig of an inspect answer. */
export function shownHostConfig(host: HostConfig): HostConfig {
  const open = host.Privileged === true;
  const { NetworkMode, ShmSize, Runtime, ...given } = host;
  return {
    ...hostDefaults,
    MaskedPaths: open ? null : defaultMaskedPaths,
    ReadonlyPaths: open ? null : defaultReadonlyPaths,
    ...given,
    // What the limit is in effect.
    ...(host.Memory && !host.MemorySwap ? { MemorySwap: host.Memory * 2 } : {}),
    // For these fields an empty value in a request also means the default.
    ...(NetworkMode ? { NetworkMode } : {}),
    ...(ShmSize ? { ShmSize } : {}),
    ...(Runtime ? { Runtime } : {}),
    PortBindings: withAddresses(host.PortBindings),
  };
}

function withAddresses(bindings: HostConfig['PortBindings']): HostConfig['PortBindings'] {
  const entries = Object.entries(bindings ?? {}).map(
    ([port, list]) =>
      [port, list?.map(({ HostIp = '', HostPort = '' }) => ({ HostIp, HostPort })) ?? null] as const,
  );
  return Object.fromEntries(entries);
}

/** Config of an inspect answer. */
export function shownConfig(config: ContainerConfig): ContainerConfig {
  const { ExposedPorts, ...rest } = config;
  return { ...configDefaults, ...rest, ...(ExposedPorts ? { ExposedPorts } : {}) };
}

/** Config of an image's inspect answer; `image` is its form in the configuration blob. */
export function shownImageConfig(image: object): object {
  return { ...configDefaults, Image: '', ...image };
}
