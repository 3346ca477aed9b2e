import type { Healthcheck } from '../../compose/model/healthcheck.ts';
import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import type { ContainerCreateRequest } from '../../engine/api/container.ts';
import type { HealthcheckConfig } from '../../engine/api/container-config.ts';
import type { HostConfig } from '../../engine/api/host-config.ts';
import { serviceHash, serviceParts } from '../config-hash.ts';
import { labels } from '../labels.ts';
import { containerName, dependsOnLabel, imageReference, type Separator } from '../names.ts';
import { type InheritedVolume, type InjectedFile, mountParts } from './mounts.ts';
import { type EndpointPart, endpointParts, portParts } from './networks.ts';
import { defined, resourceParts, restartPolicy } from './resources.ts';

interface BodyOptions {
  readonly number: number;
  readonly name: string;
  /** Id of the local image, recorded so that a newer image of the same name is noticed. */
  readonly imageId: string | undefined;
  readonly inherited?: readonly InheritedVolume[];
  readonly separator?: Separator;
  /** Set for the containers of `run`. */
  readonly oneoff?: { readonly slug: string; readonly publishPorts: boolean; readonly useAliases: boolean };
  /** Release that is recorded in the version label. */
  readonly version: string;
  readonly extraLabels?: Readonly<Record<string, string>>;
}

/** A container to create: the request, the networks in order of attachment, and files put in before the start. */
export interface ContainerSpec {
  readonly body: ContainerCreateRequest;
  readonly endpoints: readonly EndpointPart[];
  readonly files: readonly InjectedFile[];
  readonly platform: string | undefined;
}

/** Everything a service says, as the Engine API's create request. Pure. */
export function containerSpec(project: Project, service: Service, options: BodyOptions): ContainerSpec {
  const mounts = mountParts(project, service, options.inherited);
  const ports = portParts(service);
  const publish = options.oneoff === undefined || options.oneoff.publishPorts;
  const aliases = options.oneoff === undefined || options.oneoff.useAliases ? [service.name] : [];
  const endpoints = endpointParts(project, service, { name: options.name, aliases });
  const hostConfig: HostConfig = defined({
    ...resourceParts(service),
    Binds: mounts.binds.length === 0 ? undefined : mounts.binds,
    Mounts: mounts.mounts.length === 0 ? undefined : mounts.mounts,
    Tmpfs: Object.keys(mounts.tmpfs).length === 0 ? undefined : mounts.tmpfs,
    VolumesFrom: volumesFrom(project, service, options.separator),
    VolumeDriver: service.volume_driver,
    NetworkMode: networkMode(project, service, endpoints, options.separator),
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
    IpcMode: sharedMode(project, service.ipc, options.separator),
    PidMode: sharedMode(project, service.pid, options.separator),
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
    [labels.number]: String(options.number),
    [labels.oneoff]: options.oneoff === undefined ? 'False' : 'True',
    ...(options.oneoff === undefined ? {} : { [labels.slug]: options.oneoff.slug }),
    [labels.configHash]: serviceHash(service),
    [labels.configParts]: serviceParts(service),
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

/** An empty list clears the image's entrypoint, which the API spells `[""]`. */
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

/** `service:x` becomes the container of the first replica of x; other modes stand as they are. */
function sharedMode(project: Project, mode: string | undefined, separator?: Separator): string | undefined {
  if (mode?.startsWith('service:') !== true) return mode;
  const service = project.services[mode.slice('service:'.length)];
  return service === undefined ? mode : `container:${containerName(project.name, service, 1, separator)}`;
}

function networkMode(
  project: Project,
  service: Service,
  endpoints: readonly EndpointPart[],
  separator?: Separator,
): string {
  return sharedMode(project, service.network_mode, separator) ?? endpoints[0]?.network ?? 'none';
}

function volumesFrom(
  project: Project,
  service: Service,
  separator?: Separator,
): readonly string[] | undefined {
  return service.volumes_from?.map((entry) => {
    if (entry.startsWith('container:')) return entry.slice('container:'.length);
    const [name = '', mode] = entry.split(':');
    const parent = project.services[name];
    const container = parent === undefined ? name : containerName(project.name, parent, 1, separator);
    return mode === undefined ? container : `${container}:${mode}`;
  });
}
