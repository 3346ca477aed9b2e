import { humanDuration } from '../../../human-duration.ts';
import type { NetworkRecord, PortBinding } from '../../../network/index.ts';
import type {
  ContainerState as ApiState,
  ContainerInspect,
  ContainerSummary,
  MountPoint,
  NetworkSettings,
  PortSummary,
} from '../../api/container.ts';
import type { EndpointSettings } from '../../api/network.ts';
import type { Engine } from '../../context.ts';
import { compareVersions } from '../../http/versions.ts';
import { shortId } from '../../ids.ts';
import { endpointId, prefixLength } from '../../networks.ts';
import { never, parseRfc3339 } from '../../time-text.ts';
import type { Container } from '../container.ts';
import { hostFilesIn } from '../host/host-file-names.ts';
import { imageRoot } from '../host/image-mounts.ts';
import { aliasesOf, networkMode } from '../spec/attachments.ts';
import { exposedPorts, portKey } from '../spec/port-spec.ts';
import { lastExit, lastStart, shownStatus } from '../state.ts';
import { shownConfig, shownHostConfig } from './shown-config.ts';

/** GET /containers/{id}/json, from memory, in the form of the client's API version. */
export function inspectContainer(engine: Engine, container: Container, version: string): ContainerInspect {
  const { record, mutable } = container;
  const files = hostFilesIn(container.runDir);
  return {
    Id: record.id,
    Created: record.created,
    Path: record.command[0] ?? '',
    Args: record.command.slice(1),
    State: apiState(container),
    Image: record.imageId,
    ResolvConfPath: files.resolvConf,
    HostnamePath: files.hostname,
    HostsPath: files.hosts,
    LogPath: container.logPath,
    Name: `/${container.name}`,
    RestartCount: mutable.restartCount,
    Driver: 'overlay2',
    Platform: record.platform,
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: runningExecs(engine, container),
    HostConfig: shownHostConfig(container.hostConfig),
    GraphDriver: {
      Name: 'overlay2',
      Data: { UpperDir: container.upperDir, WorkDir: `${container.directory}/work` },
    },
    Mounts: mountPoints(engine, container),
    Config: shownConfig(record.config),
    NetworkSettings: withOldAliases(networkSettings(engine, container), container, version),
  };
}

/** Before API 1.45 the aliases included the short id; since then only DNSNames does. */
function withOldAliases(settings: NetworkSettings, container: Container, version: string): NetworkSettings {
  if (
    compareVersions(version, '1.45') >= 0 ||
    networkMode(container.hostConfig.NetworkMode).kind !== 'networks'
  )
    return settings;
  const Networks = Object.fromEntries(
    Object.entries(settings.Networks).map(([name, endpoint]) => [
      name,
      name === 'bridge'
        ? endpoint
        : { ...endpoint, Aliases: [...(endpoint.Aliases ?? []), shortId(container.id)] },
    ]),
  );
  return { ...settings, Networks };
}

function runningExecs(engine: Engine, container: Container): string[] | null {
  const ids = engine.execs
    .ofContainer(container.id)
    .filter((exec) => exec.state.status === 'running')
    .map((exec) => exec.id);
  return ids.length === 0 ? null : ids;
}

function apiState(container: Container): ApiState {
  const { state, mutable } = container;
  const status = shownStatus(state);
  const exit = lastExit(state);
  const running = status === 'running' || status === 'paused';
  const pid = state.status === 'running' || state.status === 'paused' ? state.process.pid : 0;
  return {
    Status: status,
    Running: running || status === 'restarting',
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: !running && (exit?.oomKilled ?? false),
    Dead: status === 'dead',
    Pid: pid,
    ExitCode: running ? 0 : (exit?.exitCode ?? 0),
    Error: running ? '' : (exit?.error ?? ''),
    StartedAt: lastStart(state) ?? never,
    FinishedAt: exit?.finishedAt ?? never,
    ...(mutable.health === undefined ? {} : { Health: mutable.health }),
  };
}

/** Element of GET /containers/json, from memory. */
export function summarize(engine: Engine, container: Container, nowMs: number): ContainerSummary {
  const { record } = container;
  const annotations = record.hostConfig.Annotations;
  const health = container.state.status === 'running' ? container.mutable.health : undefined;
  return {
    Id: record.id,
    Names: [`/${container.name}`],
    Image: record.config.Image,
    ImageID: record.imageId,
    Command: record.command.map((word) => (/\s/.test(word) ? `'${word}'` : word)).join(' '),
    Created: Math.floor(parseRfc3339(record.created) / 1000),
    Ports: portSummaries(container),
    Labels: record.config.Labels ?? {},
    State: shownStatus(container.state),
    Status: statusText(container, nowMs),
    ...(health === undefined
      ? {}
      : { Health: { Status: health.Status, FailingStreak: health.FailingStreak } }),
    HostConfig: {
      NetworkMode: record.hostConfig.NetworkMode ?? 'bridge',
      ...(annotations ? { Annotations: annotations } : {}),
    },
    NetworkSettings: { Networks: networkSettings(engine, container).Networks },
    Mounts: mountPoints(engine, container),
  };
}

/** `Up 3 minutes (healthy)`, `Exited (0) 2 seconds ago`: the status in docker ps. */
function statusText(container: Container, nowMs: number): string {
  const { state, mutable } = container;
  const since = (time: string): string => humanDuration(Math.max(0, nowMs - parseRfc3339(time)));
  switch (state.status) {
    case 'created':
      return 'Created';
    case 'starting':
      return state.before.status === 'created' ? 'Created' : statusOfExit(state.before, since);
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'exited':
    case 'restarting':
      return statusOfExit(state, since);
    default: {
      const paused = state.status === 'paused' ? ' (Paused)' : '';
      const health = mutable.health?.Status;
      const healthText =
        health === undefined ? '' : ` (${health === 'starting' ? 'health: starting' : health})`;
      return `Up ${since(state.startedAt)}${paused || healthText}`;
    }
  }
}

function statusOfExit(
  state: {
    readonly status: 'exited' | 'restarting';
    readonly exit: { exitCode: number; finishedAt: string };
  },
  since: (time: string) => string,
): string {
  const word = state.status === 'exited' ? 'Exited' : 'Restarting';
  return `${word} (${state.exit.exitCode}) ${since(state.exit.finishedAt)} ago`;
}

function mountPoints(engine: Engine, container: Container): MountPoint[] {
  return container.record.mounts.map((mount) => {
    const volume = mount.volume === undefined ? undefined : engine.volumes.get(mount.volume);
    const rw = !mount.readOnly;
    if (mount.type === 'volume') {
      return {
        Type: 'volume',
        Name: mount.volume!,
        Source: volume === undefined ? '' : engine.volumes.dataPath(volume),
        Destination: mount.target,
        Driver: 'local',
        Mode: mount.mode,
        RW: rw,
        Propagation: '',
      };
    }
    return {
      Type: mount.type,
      ...(mount.type === 'image' ? { Name: mount.source } : {}),
      Source: mount.type === 'image' ? imageRoot(container, { kind: 'overlay' }, mount) : mount.source,
      Destination: mount.target,
      Mode: mount.mode,
      RW: rw,
      Propagation: mount.type === 'bind' ? (mount.propagation ?? 'rprivate') : '',
    };
  });
}

function networkSettings(engine: Engine, container: Container): NetworkSettings {
  const networks = Object.entries(container.mutable.attachments).map(([name, attachment]) => {
    const record = engine.networks.find(attachment.networkId);
    return [name, endpointSettings(container, attachment, record)] as const;
  });
  const legacy =
    container.mutable.attachments.bridge === undefined
      ? undefined
      : networks.find(([name]) => name === 'bridge')?.[1];
  return {
    Bridge: '',
    SandboxID: container.up ? container.id : '',
    SandboxKey:
      container.state.status === 'running' || container.state.status === 'paused'
        ? `/proc/${container.state.process.pid}/ns/net`
        : '',
    Ports: portMap(container),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: legacy?.EndpointID ?? '',
    Gateway: legacy?.Gateway ?? '',
    GlobalIPv6Address: legacy?.GlobalIPv6Address ?? '',
    GlobalIPv6PrefixLen: legacy?.GlobalIPv6PrefixLen ?? 0,
    IPAddress: legacy?.IPAddress ?? '',
    IPPrefixLen: legacy?.IPPrefixLen ?? 0,
    IPv6Gateway: legacy?.IPv6Gateway ?? '',
    MacAddress: legacy?.MacAddress ?? '',
    Networks: Object.fromEntries(networks),
  };
}

function endpointSettings(
  container: Container,
  attachment: Container['mutable']['attachments'][string],
  network: NetworkRecord | undefined,
): EndpointSettings {
  const { endpoint, settings } = attachment;
  const gateway = (family: 4 | 6): string =>
    network?.pools.find((pool) => pool.family === family)?.gateway ?? '';
  return {
    IPAMConfig: settings.IPAMConfig ?? null,
    Links: settings.Links ?? null,
    Aliases: settings.Aliases ?? null,
    MacAddress: endpoint?.mac ?? settings.MacAddress ?? '',
    DriverOpts: settings.DriverOpts ?? null,
    GwPriority: settings.GwPriority ?? 0,
    NetworkID: attachment.networkId,
    EndpointID: endpoint === undefined ? '' : endpointId(container.id, attachment.networkId),
    Gateway: endpoint === undefined ? '' : gateway(4),
    IPAddress: endpoint?.ipv4 ?? '',
    IPPrefixLen: endpoint === undefined ? 0 : prefixLength(network, 4),
    IPv6Gateway: endpoint?.ipv6 === undefined ? '' : gateway(6),
    GlobalIPv6Address: endpoint?.ipv6 ?? '',
    GlobalIPv6PrefixLen: endpoint?.ipv6 === undefined ? 0 : prefixLength(network, 6),
    DNSNames: network?.driver === 'bridge' ? aliasesOf(container, settings, undefined) : null,
  };
}

/** Exposed ports of a running container with their bindings (null: none). */
function portMap(container: Container): NetworkSettings['Ports'] {
  if (!container.up) return {};
  const ports: Record<string, { HostIp: string; HostPort: string }[] | null> = {};
  for (const key of exposedPorts(container.record.config)) ports[portKey(key)] = null;
  for (const binding of container.mutable.ports) {
    const key = portKey({ port: binding.containerPort, protocol: binding.protocol });
    ports[key] = [...(ports[key] ?? []), { HostIp: binding.hostIp, HostPort: String(binding.hostPort) }];
  }
  return ports;
}

function portSummaries(container: Container): PortSummary[] {
  if (!container.up) return [];
  const bound = container.mutable.ports.map((binding: PortBinding) => ({
    IP: binding.hostIp,
    PrivatePort: binding.containerPort,
    PublicPort: binding.hostPort,
    Type: binding.protocol,
  }));
  const exposed = exposedPorts(container.record.config)
    .filter((key) => !bound.some((one) => one.PrivatePort === key.port && one.Type === key.protocol))
    .map((key) => ({ PrivatePort: key.port, Type: key.protocol }));
  return [...exposed, ...bound];
}
