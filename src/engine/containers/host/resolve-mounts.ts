import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deviceNumber } from '../../../confined/device-number.ts';
import type { ResolvedDevice, ResolvedMount } from '../../../runtime/spec/spec-input.ts';
import type { DeviceMapping, HostConfig } from '../../api/host-config.ts';
import type { Engine } from '../../context.ts';
import { badParameter } from '../../http/failure.ts';
import type { ContainerRecord, StoredMount } from '../record.ts';
import { bindSource } from './bind-source.ts';
import { confineVolume, type Source, writableDirectories } from './writable-directories.ts';

/**
 * Stored mounts → the mounts of the OCI spec. Missing bind sources are created or refused, as requested.
 * @param imageRoot where a mounted image's root will be when the launch makes its binds
 */
export function resolveMounts(
  engine: Pick<Engine, 'volumes' | 'containers'>,
  record: ContainerRecord,
  image: {
    readonly root: (mount: StoredMount) => string;
    readonly subpath: (mount: StoredMount) => string | undefined;
  },
): ResolvedMount[] {
  const writable = record.mounts.some(({ type }) => type === 'bind' || type === 'volume')
    ? writableDirectories(engine)
    : new Set<string>();
  return record.mounts.map((mount) => ({
    type: mount.type === 'image' ? 'bind' : mount.type,
    ...(mount.type === 'bind'
      ? bindSource(mount, writable)
      : mount.type === 'image'
        ? below({ source: image.root(mount) }, image.subpath(mount), `image ${mount.source}`)
        : mount.type === 'volume'
          ? volumeSource(engine, mount, writable)
          : { source: '' }),
    target: mount.target,
    readOnly: mount.readOnly,
    ...(mount.recursive === undefined ? {} : { recursive: mount.recursive }),
    ...(mount.readOnlyRecursive === undefined ? {} : { readOnlyRecursive: mount.readOnlyRecursive }),
    ...(mount.propagation === undefined ? {} : { propagation: mount.propagation }),
    ...(mount.options === undefined ? {} : { options: mount.options }),
  }));
}

function volumeSource(
  engine: Pick<Engine, 'volumes'>,
  mount: StoredMount,
  writable: ReadonlySet<string>,
): Source {
  const volume = engine.volumes.get(mount.volume!) ?? engine.volumes.create({ Name: mount.volume! }).record;
  const data = engine.volumes.dataPath(volume);
  if (!existsSync(data)) {
    throw badParameter(`volume ${volume.name} cannot be mounted: ${data} does not exist`);
  }
  return below(confineVolume(volume, data, writable), mount.subpath, 'volume', data);
}

/** A part of what a mount shows; the launch looks it up once, below the whole. */
function below(whole: Source, subpath: string | undefined, what: string, root = whole.source): Source {
  const parts = (subpath ?? '').split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0) return whole;
  if (parts.includes('..')) {
    throw badParameter(`cannot access path ${root}/${subpath}: it leads out of the ${what}`);
  }
  return { source: join(whole.source, ...parts), below: whole.below ?? root };
}

/**
 * HostConfig.Devices as found on this machine; privileged containers get every node of /dev, or, with an ordinary user
 * (`mayMake` is false), those that this user may open. Throws 400.
 */
export function resolveDevices(
  host: Pick<HostConfig, 'Devices' | 'Privileged'>,
  mayMake: boolean,
): ResolvedDevice[] {
  const devices = (host.Devices ?? []).flatMap(resolveDevice);
  if (!host.Privileged) return devices;
  const known = new Set(devices.map((device) => device.path));
  return [
    ...devices,
    ...nodesBelow('/dev', '/dev', 'rwm').filter(
      (device) => !known.has(device.path) && (mayMake || mayOpen(device.path)),
    ),
  ];
}

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function resolveDevice(device: DeviceMapping): ResolvedDevice[] {
  const inside = device.PathInContainer || device.PathOnHost;
  const access = device.CgroupPermissions || 'rwm';
  if (/[^rwm]/.test(access)) throw badParameter(`invalid device mode: ${access}`);
  const stat = statSync(device.PathOnHost, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw badParameter(
      `error gathering device information while adding custom device "${device.PathOnHost}": no such file or directory`,
    );
  }
  if (stat.isDirectory()) return nodesBelow(device.PathOnHost, inside, access);
  if (!stat.isCharacterDevice() && !stat.isBlockDevice()) {
    throw badParameter(
      `error gathering device information while adding custom device "${device.PathOnHost}": not a device node`,
    );
  }
  return [node(device.PathOnHost, inside, access)];
}

const notDevices = ['pts', 'shm', 'fd', 'mqueue', 'console', '.lxc', '.lxd-mounts', '.udev'];

function nodesBelow(directory: string, inside: string, access: string): ResolvedDevice[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (notDevices.includes(entry.name)) return [];
    if (entry.isDirectory()) return nodesBelow(path, join(inside, entry.name), access);
    if (!entry.isCharacterDevice() && !entry.isBlockDevice()) return [];
    return [node(path, join(inside, entry.name), access)];
  });
}

function node(path: string, inside: string, access: string): ResolvedDevice {
  const stat = statSync(path);
  const { major, minor } = deviceNumber(stat.rdev);
  return {
    path: inside,
    type: stat.isBlockDevice() ? 'b' : 'c',
    major,
    minor,
    fileMode: stat.mode & 0o777,
    uid: stat.uid,
    gid: stat.gid,
    access,
  };
}

/** Blkio entries with the numbers of the named devices. */
export function withDeviceNumbers(host: HostConfig): HostConfig {
  const number = <T extends { readonly Path: string }>(entries: readonly T[] | null | undefined): T[] =>
    (entries ?? []).map((entry) => {
      const stat = statSync(entry.Path, { throwIfNoEntry: false });
      if (stat === undefined) throw badParameter(`no such device: ${entry.Path}`);
      return { ...entry, ...deviceNumber(stat.rdev) };
    });
  const keys = [
    'BlkioWeightDevice',
    'BlkioDeviceReadBps',
    'BlkioDeviceWriteBps',
    'BlkioDeviceReadIOps',
    'BlkioDeviceWriteIOps',
  ] as const;
  if (!keys.some((key) => host[key]?.length)) return host;
  return {
    ...host,
    BlkioWeightDevice: number(host.BlkioWeightDevice),
    BlkioDeviceReadBps: number(host.BlkioDeviceReadBps),
    BlkioDeviceWriteBps: number(host.BlkioDeviceWriteBps),
    BlkioDeviceReadIOps: number(host.BlkioDeviceReadIOps),
    BlkioDeviceWriteIOps: number(host.BlkioDeviceWriteIOps),
  };
}
