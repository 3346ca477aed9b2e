import type { Healthcheck } from '../../compose/model/healthcheck.ts';
import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import { composeWords } from '../../compose-words.ts';
import type { ContainerCreateRequest } from '../../engine/api/container.ts';
import type { HealthcheckConfig } from '../../engine/api/container-config.ts';
import type { HostConfig } from '../../engine/api/host-config.ts';
import { TcomposeError } from '../../errors.ts';
import { serviceHash, serviceParts } from '../config-hash.ts';
import { contentParts } from '../content-parts.ts';
import { labels } from '../labels.ts';
import { dependsOnLabel, imageReference } from '../names.ts';
import { type InheritedVolume, type InjectedFile, mountParts } from './mounts.ts';
import { type EndpointPart, endpointParts, portParts } from './networks.ts';
import { defined, resourceParts, restartPolicy } from './resources.ts';

export interface BodyOptions {
  readonly number: number;
  readonly name: string;
  /** Id of the local image, recorded so that a newer image with the same name is noticed. */
  readonly imageId: string | undefined;
  readonly inherited?: readonly InheritedVolume[];
  /**
   * Name of the container with which containers of other services share namespaces or volumes; undefined if the service
   * has none.
   */
  readonly containerOf: (service: string) => string | undefined;
  /** Set for the containers of `run`. */
  readonly oneoff?: { readonly slug: string; readonly publishPorts: boolean; readonly useAliases: boolean };
  /** See Observed: hashes of the files that are copied into the container. */
  readonly fileHashes?: ReadonlyMap<string, string>;
  /** Release to record in the version label. */
  readonly version: string;
  readonly extraLabels?: Readonly<Record<string, string>>;
}

/** A container to create: the request, the networks in order of attachment, and files to copy in before the start. */
export interface ContainerSpec {
  readonly body: ContainerCreateRequest;
  readonly endpoints: readonly EndpointPart[];
  readonly files: readonly InjectedFile[];
  readonly platform: string | undefined;
}

/** A service as the Engine API's create request. Pure. */
export function containerSpec(project: Project, service: Service, options: BodyOptions): ContainerSpec {
  const mounts = mountParts(project, service, options.inherited);
  const ports = portParts(service);
  const publish = options.oneoff === undefined || options.oneoff.publishPorts;
  const useAliases = options.oneoff?.useAliases ?? true;
  const endpoints = endpointParts(project, service, {
    name: options.name,
    useAliases,
    containerOf: options.containerOf,
  });
  const hostConfig: HostConfig = defined({
    ...resourceParts(service),
    Binds: mounts.binds.length === 0 ? undefined : mounts.binds,
    Mounts: mounts.mounts.length === 0 ? undefined : mounts.mounts,
    Tmpfs: Object.keys(mounts.tmpfs).length === 0 ? undefined : mounts.tmpfs,
    VolumesFrom: volumesFrom(service, options.containerOf),
    VolumeDriver: service.volume_driver,
    NetworkMode: networkMode(service, endpoints, options.containerOf),
    PortBindings: publish && Object.keys(ports.bindings).length > 0 ? ports.bindings : undefined,
    RestartPolicy: options.oneoff === undefined ? restartPolicy(service) : undefined,
    LogConfig:
      service.logging === undefined
        ? undefined
        : { Type: service.logging.driver ?? '', Config: service.logging.options ?? {} },
    Annotations: service.annotations,
    CapAdd: service.cap_add,
    CapDrop: service.cap_drop,
    CgroupnsMode: service.cgroup as HostConfig['CgroupnsMode'],
    Dns: service.dns,
    DnsOptions: service.dns_opt,
    DnsSearch: service.dns_search,
    ExtraHosts: extraHosts(service),
    GroupAdd: service.group_add,
    IpcMode: sharedMode(service.ipc, 'IPC namespace', options.containerOf),
    PidMode: sharedMode(service.pid, 'PID namespace', options.containerOf),
    UTSMode: service.uts,
    UsernsMode: service.userns_mode,
    OomScoreAdj: service.oom_score_adj,
    Privileged: service.privileged,
    ReadonlyRootfs: service.read_only,
    SecurityOpt: service.security_opt?.map((option) => option.replace(/^([\w-]+):/, '$1=')),
    StorageOpt: service.storage_opt,
    ShmSize: service.shm_size,
    Sysctls: service.sysctls,
    Runtime: service.runtime,
    Isolation: service.isolation,
  }) as HostConfig;
  const body = defined({
    Image: imageReference(project, service),
    Hostname: service.hostname,
    Domainname: service.domainname,
    User: service.user,
    Tty: service.tty,
    OpenStdin: service.stdin_open,
    Env: environment(service),
    Cmd: service.command ?? undefined,
    Entrypoint: entrypoint(service),
    WorkingDir: service.working_dir,
    StopSignal: service.stop_signal,
    StopTimeout:
      service.stop_grace_period === undefined ? undefined : Math.ceil(service.stop_grace_period / 1e9),
    Healthcheck: healthcheck(service.healthcheck),
    ExposedPorts: Object.keys(ports.exposed).length === 0 ? undefined : ports.exposed,
    Labels: { ...service.labels, ...containerLabels(project, service, options) },
    HostConfig: hostConfig,
  }) as ContainerCreateRequest;
  return { body, endpoints, files: mounts.files, platform: service.platform };
}

function containerLabels(project: Project, service: Service, options: BodyOptions): Record<string, string> {
  return {
    [labels.project]: project.name,
    [labels.service]: service.name,
    ...(options.oneoff === undefined
      ? { [labels.number]: String(options.number), [labels.oneoff]: 'False' }
      : { [labels.oneoff]: 'True', [labels.slug]: options.oneoff.slug }),
    [labels.configHash]: serviceHash(service),
    [labels.configParts]: serviceParts(service),
    ...contentLabel(project, service, options.fileHashes),
    [labels.dependsOn]: dependsOnLabel(service),
    [labels.workingDir]: project.workingDir,
    [labels.configFiles]: project.composeFiles.join(','),
    [labels.version]: options.version,
    ...(options.imageId === undefined ? {} : { [labels.image]: options.imageId }),
    ...options.extraLabels,
  };
}

const environment = (service: Service) =>
  service.environment === undefined
    ? undefined
    : Object.entries(service.environment).map(([name, value]) =>
        value === null ? name : `${name}=${value}`,
      );

/** An empty list clears the image's entrypoint, which is `[""]` in the API. */
const entrypoint = (service: Service) =>
  service.entrypoint === undefined || service.entrypoint === null
    ? undefined
    : service.entrypoint.length === 0
      ? ['']
      : service.entrypoint;

function healthcheck(check: Healthcheck | undefined): HealthcheckConfig | undefined {
  if (check === undefined) return undefined;
  if (check.disable === true || check.test?.[0] === 'NONE') return { Test: ['NONE'] };
  return defined({
    Test: check.test,
    Interval: check.interval,
    Timeout: check.timeout,
    Retries: check.retries,
    StartPeriod: check.start_period,
    StartInterval: check.start_interval,
  }) as HealthcheckConfig;
}

const extraHosts = (service: Service) =>
  service.extra_hosts === undefined
    ? undefined
    : Object.entries(service.extra_hosts).flatMap(([host, addresses]) =>
        addresses.map((address) => `${host}:${address}`),
      );

/** Short hashes of what is copied into the container; no label if there is nothing. */
function contentLabel(
  project: Project,
  service: Service,
  fileHashes: BodyOptions['fileHashes'],
): Record<string, string> {
  const parts = contentParts(project, service, fileHashes ?? new Map());
  return parts === '' ? {} : { [labels.contentParts]: parts };
}

/**
 * `service:x` becomes the container of x; other modes stay.
 * @throws TcomposeError PROJECT_DEPENDENCY when x has none.
 */
function sharedMode(
  mode: string | undefined,
  what: string,
  containerOf: BodyOptions['containerOf'],
): string | undefined {
  if (mode?.startsWith('service:') !== true) return mode;
  return `container:${sharedWith(mode.slice('service:'.length), what, containerOf)}`;
}

function sharedWith(service: string, what: string, containerOf: BodyOptions['containerOf']): string {
  const container = containerOf(service);
  if (container !== undefined) return container;
  throw new TcomposeError('PROJECT_DEPENDENCY', composeWords.containerMissing(what, service), {
    hint: `Bring service ${service} up first: tcompose up -d ${service}`,
  });
}

const networkMode = (
  service: Service,
  endpoints: readonly EndpointPart[],
  containerOf: BodyOptions['containerOf'],
): string =>
  sharedMode(service.network_mode, 'network namespace', containerOf) ?? endpoints[0]?.network ?? 'none';

const volumesFrom = (
  service: Service,
  containerOf: BodyOptions['containerOf'],
): readonly string[] | undefined =>
  service.volumes_from?.map((entry) => {
    if (entry.startsWith('container:')) return entry.slice('container:'.length);
    const [name = '', mode] = entry.split(':');
    const container = sharedWith(name, 'volume', containerOf);
    return mode === undefined ? container : `${container}:${mode}`;
  });
