import { readdirSync, readFileSync } from 'node:fs';
import { cpus, hostname, release, totalmem } from 'node:os';
import { diskUsage } from '../../confined/disk-usage.ts';
import type { RootfsStorage } from '../../image/types.ts';
import type { Info, Version } from '../api/system.ts';
import { listBuilds } from '../build/cache/prune.ts';
import { usesImage } from '../containers/host/image-mounts.ts';
import { volumeUsers } from '../containers/lifecycle/remove.ts';
import { summarize } from '../containers/view/inspect.ts';
import type { Engine } from '../context.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter } from '../http/failure.ts';
import type { Route } from '../http/router.ts';
import { apiVersion, compareVersions, minApiVersion } from '../http/versions.ts';
import { sharedSize, summarizeImage } from '../images/image-views.ts';
import { shownRuntimes } from '../runtimes/shown.ts';
import { rfc3339 } from '../time-text.ts';

/** Go's names of the architectures. */
const goArchitecture: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Routes about the engine as a whole: ping, version, info, disk usage. */
export function systemRoutes(engine: Engine): Route[] {
  const ping = (exchange: Exchange): void => {
    const writer = exchange.stream(200, 'text/plain; charset=utf-8', {
      'Cache-Control': 'no-cache, no-store, must-revalidate',
      Pragma: 'no-cache',
      'Content-Length': exchange.method === 'HEAD' ? '0' : '2',
      'Builder-Version': '2',
      Swarm: 'inactive',
    });
    if (exchange.method !== 'HEAD') void writer.write('OK');
    writer.end();
  };
  return [
    { method: 'GET', path: '/_ping', handler: ping },
    { method: 'HEAD', path: '/_ping', handler: ping },
    { method: 'GET', path: '/version', handler: (exchange) => exchange.send(200, versionOf(engine)) },
    {
      method: 'GET',
      path: '/info',
      handler: (exchange) => exchange.send(200, infoOf(engine, exchange.version)),
    },
    {
      method: 'GET',
      path: '/system/df',
      query: { type: 'texts' },
      handler: (exchange) => diskUsageAnswer(engine, exchange),
    },
  ];
}

function versionOf(engine: Engine): Version {
  return {
    Platform: { Name: 'tcompose' },
    Components: [
      {
        Name: 'Engine',
        Version: engine.version,
        Details: {
          ApiVersion: apiVersion,
          MinAPIVersion: minApiVersion,
          Arch: goArchitecture[process.arch] ?? process.arch,
          Os: 'linux',
          KernelVersion: release(),
          GoVersion: `none (Node ${process.versions.node})`,
          GitCommit: '',
          BuildTime: '',
          Experimental: 'false',
        },
      },
    ],
    Version: engine.version,
    ApiVersion: apiVersion,
    MinAPIVersion: minApiVersion,
    GitCommit: '',
    GoVersion: `none (Node ${process.versions.node})`,
    Os: 'linux',
    Arch: goArchitecture[process.arch] ?? process.arch,
    KernelVersion: release(),
    BuildTime: '',
  };
}

/** The storage driver for containers' roots, in dockerd's names. */
function driverOf(storage: RootfsStorage): string {
  if (storage.kind === 'copy') return 'vfs';
  return storage.fuse === undefined ? 'overlay2' : 'fuse-overlayfs';
}

function infoOf(engine: Engine, version: string): Info {
  const containers = engine.containers.all();
  const running = containers.filter((one) => one.state.status === 'running').length;
  const paused = containers.filter((one) => one.state.status === 'paused').length;
  const { cgroups } = engine.machine;
  const system = osRelease();
  const has = (controller: string): boolean =>
    cgroups.kind === 'v2'
      ? cgroups.controllers.includes(controller)
      : cgroups.kind === 'v1' && Object.hasOwn(cgroups.mounts, controller);
  const runtimes = shownRuntimes(engine);
  const warnings = [
    ...(cgroups.kind === 'none' ? [`No control groups: ${cgroups.reason}`] : []),
    ...runtimes.warnings,
    ...engine.damage.open().map(({ file, why, remedy }) => `${file} is damaged: ${why}. ${remedy}`),
  ];
  return {
    ID: engine.instance,
    Containers: containers.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: containers.length - running - paused,
    Images: engine.images.list().length,
    Driver: driverOf(engine.images.storage),
    DriverStatus: [
      // Tells clients that one name may refer to images for several platforms.
      ['driver-type', 'io.containerd.snapshotter.v1'],
      ['Data root', engine.layout.lib],
    ],
    DockerRootDir: engine.layout.lib,
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'null'],
      Authorization: null,
      Log: ['json-file', 'local', 'none'],
    },
    MemoryLimit: has('memory'),
    SwapLimit: has('memory'),
    CpuCfsPeriod: has('cpu'),
    CpuCfsQuota: has('cpu'),
    CPUShares: has('cpu'),
    CPUSet: has('cpuset'),
    PidsLimit: has('pids'),
    OomKillDisable: cgroups.kind === 'v1',
    IPv4Forwarding: readText('/proc/sys/net/ipv4/ip_forward').trim() === '1',
    Debug: false,
    NFd: readdirSync('/proc/self/fd').length,
    NGoroutines: 1,
    SystemTime: rfc3339(engine.clock.now()),
    LoggingDriver: 'json-file',
    CgroupDriver: cgroups.kind === 'none' ? 'none' : 'cgroupfs',
    CgroupVersion: cgroups.kind === 'v2' ? '2' : '1',
    NEventsListener: engine.events.listeners,
    KernelVersion: release(),
    OperatingSystem: system.get('PRETTY_NAME') ?? 'Linux',
    OSVersion: system.get('VERSION_ID') ?? '',
    OSType: 'linux',
    Architecture: process.arch === 'x64' ? 'x86_64' : 'aarch64',
    IndexServerAddress: '',
    RegistryConfig: null,
    NCPU: cpus().length,
    MemTotal: totalmem(),
    Name: hostname(),
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: engine.version,
    Runtimes: runtimes.shown,
    DefaultRuntime: 'tcompose',
    Swarm: { LocalNodeState: 'inactive' },
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: 'built-in',
    ...(compareVersions(version, '1.49') < 0 ? {} : { FirewallBackend: { Driver: 'nftables' } }),
    SecurityOptions: [
      'name=seccomp,profile=builtin',
      'name=cgroupns',
      ...(engine.privilege.kind === 'rootless' ? ['name=rootless'] : []),
    ],
    Warnings: warnings,
  };
}

const usageTypes: readonly string[] = ['container', 'image', 'volume', 'build-cache'];

async function diskUsageAnswer(engine: Engine, exchange: Exchange): Promise<void> {
  const types = exchange.query.getAll('type');
  const unknown = types.find((type) => !usageTypes.includes(type));
  if (unknown !== undefined) throw badParameter(`unknown object type: ${unknown}`);
  const wanted = (type: string): boolean => types.length === 0 || types.includes(type);
  const images = engine.images.list();
  const now = engine.clock.now().ms;
  const containers = wanted('container')
    ? await Promise.all(
        engine.containers.all().map(async (container) => ({
          ...summarize(engine, container, now),
          SizeRw: await diskUsage(container.upperDir),
          SizeRootFs: engine.images.get(container.record.imageId)?.size ?? 0,
        })),
      )
    : [];
  const volumes = wanted('volume')
    ? await Promise.all(
        engine.volumes.list().map(async (record) => ({
          ...engine.volumes.inspect(record),
          UsageData: {
            Size: engine.volumes.isOwn(record) ? await diskUsage(engine.volumes.dataPath(record)) : -1,
            RefCount: volumeUsers(engine, record.name).length,
          },
        })),
      )
    : [];
  const kept = engine.images.keptBlobs((id) =>
    engine.containers.all().some(({ record }) => usesImage(record, id)),
  );
  exchange.send(200, {
    // Each layer once, the blobs that they came as, and leftovers of broken pulls.
    LayersSize: [...engine.images.layerUse().values()].reduce(
      (sum, { size }) => sum + size,
      engine.images.loose().size + kept.size,
    ),
    KeptBlobs: { Size: kept.size, Active: kept.used },
    Images: wanted('image')
      ? images.map((image) => ({
          ...summarizeImage(image),
          SharedSize: sharedSize(engine, image),
          Containers: engine.containers.all().filter(({ record }) => usesImage(record, image.id)).length,
        }))
      : [],
    Containers: containers,
    Volumes: volumes,
    BuildCache: wanted('build-cache') ? await listBuilds(engine) : [],
  });
}

function osRelease(): Map<string, string> {
  const lines = readText('/etc/os-release').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const match = /^([A-Z_]+)="?([^"]*)"?$/.exec(line);
      return match === null ? [] : [[match[1]!, match[2]!] as const];
    }),
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
