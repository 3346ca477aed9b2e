import type { Shape } from '../http/body-shape.ts';
import type { BuildLimits, BuildRequest } from './build.ts';
import { endpoint, type FieldsOf, integers, labels, lines, options, texts } from './container-shapes.ts';
import type { HandoverRequest, ShutdownRequest } from './engine.ts';
import type { ExecCreateRequest, ExecStartRequest } from './exec.ts';
import type { HoldRequest } from './holds.ts';
import type { NetworkConnectRequest, NetworkCreateRequest, NetworkDisconnectRequest } from './network.ts';
import type { PreflightRequest } from './preflight.ts';
import type { RegistryAuthBody } from './registry-headers.ts';
import type { UnsyncRequest } from './sync.ts';
import type { TakePlaceRequest } from './take-place.ts';
import type { VolumeCreateRequest } from './volume.ts';

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

const registryAuth: FieldsOf<RegistryAuthBody> = {
  username: 'text',
  password: 'text',
  serveraddress: 'line',
  identitytoken: 'text',
  registrytoken: 'text',
  source: 'line',
};

/** POST /auth */
export const registryAuthShape: Shape = { fields: registryAuth };

const preflight: FieldsOf<PreflightRequest> = {
  // Each request is checked separately, so that its faults are reported under its container's name.
  create: {
    list: {
      fields: { name: 'line', request: { fields: {} }, start: 'boolean' },
      needed: ['name', 'request'],
    },
  },
  start: lines,
  release: lines,
};

/** POST /tcompose/preflight */
export const preflightShape: Shape = { fields: preflight };

const handover: FieldsOf<HandoverRequest> = { engine: 'text', version: 'line' };

/** POST /tcompose/handover */
export const handoverShape: Shape = { fields: handover };

const shutdown: FieldsOf<ShutdownRequest> = { force: 'boolean', containers: 'boolean' };

/** POST /tcompose/shutdown */
export const shutdownShape: Shape = { fields: shutdown };

const unsync: FieldsOf<UnsyncRequest> = {
  paths: { list: { fields: { path: 'text', directory: 'boolean' }, needed: ['path'] } },
};

/** POST /tcompose/containers/{id}/unsync */
export const unsyncShape: Shape = { fields: unsync, needed: ['paths'] };

const hold: FieldsOf<HoldRequest> = { labels: texts };

/** POST /tcompose/holds */
export const holdShape: Shape = { fields: hold };

const takePlace: FieldsOf<TakePlaceRequest> = { from: 'line', within: 'integer' };

/** POST /tcompose/containers/{id}/take-place */
export const takePlaceShape: Shape = { fields: takePlace, needed: ['from'] };

const buildLimits: FieldsOf<BuildLimits> = {
  Memory: 'integer',
  MemorySwap: 'integer',
  CpuShares: 'integer',
  CpuPeriod: 'integer',
  CpuQuota: 'integer',
  CpusetCpus: 'line',
  CpusetMems: 'line',
};

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
  platforms: lines,
  pull: 'boolean',
  local: lines,
  noCache: 'boolean',
  noCacheFilter: lines,
  cacheFrom: lines,
  cacheTo: lines,
  network: 'word',
  extraHosts: lines,
  shmSize: 'integer',
  ulimits: lines,
  limits: { fields: buildLimits },
  only: 'word',
  localOutput: 'text',
  keepFailed: 'boolean',
};
export const buildShape: Shape = { fields: build };
