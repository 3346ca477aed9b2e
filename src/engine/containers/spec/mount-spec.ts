import { posix } from 'node:path';
import type { StringMap } from '../../api/common.ts';
import type { ContainerConfig } from '../../api/container-config.ts';
import type { HostConfig, MountRequest } from '../../api/host-config.ts';
import { badParameter } from '../../http/failure.ts';
import { namePattern } from '../../names.ts';
import type { StoredMount } from '../record.ts';

/** A mount as requested; volumes may still have to be created, and named if they have no name. */
export type MountSpec =
  | (StoredMount & { readonly type: 'bind' | 'tmpfs' | 'image' })
  | (Omit<StoredMount, 'volume'> & {
      readonly type: 'volume';
      /** Undefined: anonymous. */
      readonly name: string | undefined;
      readonly driver: string;
      readonly driverOptions: StringMap;
      readonly labels: StringMap;
    });

const propagations = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'] as const;
type Propagation = (typeof propagations)[number];
const mountTypes: readonly string[] = ['bind', 'volume', 'tmpfs', 'image'];
const ignoredModes = ['rw', 'z', 'Z', 'cached', 'delegated', 'consistent', 'rbind', 'bind', ''];

/**
 * `source:target[:mode]` of HostConfig.Binds: a path is a bind, a word a named volume, just a target an anonymous
 * volume. Throws 400 with Docker's sentence "invalid volume specification".
 */
export function parseBind(text: string): MountSpec {
  const parts = text.split(':');
  if (parts.length === 1 && text !== '') return anonymousVolume(cleanTarget(text, text), '');
  if (parts.length > 3 || parts.length < 2 || parts.some((part) => part === '')) {
    throw badParameter(`invalid volume specification: '${text}'`);
  }
  const [source = '', target = '', mode = ''] = parts;
  const common = { target: cleanTarget(target, text), mode, ...parseMode(mode, text) };
  if (source.startsWith('/')) {
    const { noCopy: _, ...rest } = common;
    return { type: 'bind', source: posix.normalize(source), createSource: true, recursive: true, ...rest };
  }
  if (!namePattern.test(source) && !/^[a-zA-Z0-9]$/.test(source)) {
    throw badParameter(
      `create ${source}: "${source}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
      'a directory must be given as an absolute path',
    );
  }
  return {
    type: 'volume',
    source: '',
    name: source,
    driver: '',
    driverOptions: {},
    labels: {},
    ...common,
    mode: mode || 'z',
  };
}

function parseMode(
  mode: string,
  text: string,
): { readonly readOnly: boolean; readonly noCopy?: boolean; readonly propagation?: Propagation } {
  let readOnly = false;
  let noCopy = false;
  let propagation: Propagation | undefined;
  for (const word of mode.split(',')) {
    if (word === 'ro') readOnly = true;
    else if (word === 'nocopy') noCopy = true;
    else if ((propagations as readonly string[]).includes(word)) propagation = word as Propagation;
    else if (!ignoredModes.includes(word)) throw badParameter(`invalid mode: ${mode} in '${text}'`);
  }
  return { readOnly, ...(noCopy ? { noCopy } : {}), ...(propagation === undefined ? {} : { propagation }) };
}

/** One entry of HostConfig.Mounts. */
export function parseMount(mount: MountRequest): MountSpec {
  const kind = `invalid mount config for type "${mount.Type ?? ''}": `;
  if (!mountTypes.includes(mount.Type ?? ''))
    throw badParameter(`${kind}mount type unknown`, `known here: ${mountTypes.join(', ')}`);
  if (!mount.Target) throw badParameter(`${kind}field Target must not be empty`);
  if (!mount.Target.startsWith('/'))
    throw badParameter(`${kind}invalid mount path: '${mount.Target}' mount path must be absolute`);
  const target = cleanTarget(mount.Target, JSON.stringify(mount));
  const readOnly = mount.ReadOnly ?? false;
  if (mount.Type === 'bind') {
    if (!mount.Source) throw badParameter(`${kind}field Source must not be empty`);
    if (!mount.Source.startsWith('/')) {
      throw badParameter(`${kind}invalid mount path: '${mount.Source}' mount path must be absolute`);
    }
    const options = mount.BindOptions ?? {};
    const propagation = options.Propagation || undefined;
    if (propagation !== undefined && !(propagations as readonly string[]).includes(propagation)) {
      throw badParameter(`invalid mount config for type "bind": unknown propagation "${propagation}"`);
    }
    return {
      type: 'bind',
      source: posix.normalize(mount.Source),
      target,
      readOnly,
      mode: '',
      createSource: options.CreateMountpoint ?? false,
      recursive: !(options.NonRecursive ?? false),
      ...(options.ReadOnlyNonRecursive ? { readOnlyRecursive: false } : {}),
      ...(propagation === undefined ? {} : { propagation: propagation as Propagation }),
    };
  }
  if (mount.Type === 'volume') {
    const options = mount.VolumeOptions ?? {};
    return {
      type: 'volume',
      source: '',
      name: mount.Source || undefined,
      driver: options.DriverConfig?.Name ?? '',
      driverOptions: options.DriverConfig?.Options ?? {},
      labels: options.Labels ?? {},
      target,
      readOnly,
      mode: 'z',
      ...(mount.Source ? {} : { anonymous: true }),
      ...(options.NoCopy ? { noCopy: true } : {}),
      ...(options.Subpath ? { subpath: options.Subpath } : {}),
    };
  }
  if (mount.Type === 'tmpfs') {
    if (mount.Source)
      throw badParameter('invalid mount config for type "tmpfs": field Source must not be specified');
    const options = mount.TmpfsOptions ?? {};
    return {
      type: 'tmpfs',
      source: '',
      target,
      readOnly,
      mode: '',
      options: [
        ...(options.SizeBytes ? [`size=${options.SizeBytes}`] : []),
        ...(options.Mode ? [`mode=${options.Mode.toString(8)}`] : []),
        ...(options.Options ?? []).map((pair) => pair.join('=')),
      ],
    };
  }
  return imageMount(mount, target);
}

function imageMount(mount: MountRequest, target: string): MountSpec {
  if (!mount.Source)
    throw badParameter('invalid mount config for type "image": field Source must not be empty');
  const subpath = mount.ImageOptions?.Subpath;
  return {
    type: 'image',
    source: mount.Source,
    target,
    readOnly: true,
    mode: '',
    ...(subpath ? { subpath } : {}),
  };
}

/**
 * All mounts of a create request: Binds, Mounts and Tmpfs are the user's (two for one target are an error), VOLUMEs of
 * image and request add anonymous volumes for other targets, `inherited` (VolumesFrom) comes last. HostConfig.Tmpfs is
 * not in the result (the OCI spec takes it from the request), but its targets count as taken.
 */
export function collectMounts(
  config: Pick<ContainerConfig, 'Volumes'>,
  host: Pick<HostConfig, 'Binds' | 'Mounts' | 'Tmpfs' | 'VolumeDriver'>,
  inherited: readonly StoredMount[],
): MountSpec[] {
  const mounts: MountSpec[] = [];
  const taken = new Set(Object.keys(host.Tmpfs ?? {}).map((target) => posix.normalize(target)));
  for (const spec of [...(host.Binds ?? []).map(parseBind), ...(host.Mounts ?? []).map(parseMount)]) {
    if (taken.has(spec.target)) throw badParameter(`Duplicate mount point: ${spec.target}`);
    taken.add(spec.target);
    mounts.push(
      spec.type === 'volume' && spec.driver === '' ? { ...spec, driver: host.VolumeDriver ?? '' } : spec,
    );
  }
  for (const mount of inherited) {
    if (taken.has(mount.target)) continue;
    taken.add(mount.target);
    if (mount.type !== 'volume') mounts.push(mount as MountSpec);
    else {
      const { volume, anonymous: _, ...rest } = mount;
      mounts.push({ ...rest, type: 'volume', name: volume, driver: '', driverOptions: {}, labels: {} });
    }
  }
  for (const path of Object.keys(config.Volumes ?? {})) {
    // A `VOLUME data` is below the root.
    const target = cleanTarget(path === '' ? path : posix.join('/', path), path);
    if (taken.has(target)) continue;
    taken.add(target);
    mounts.push(anonymousVolume(target, host.VolumeDriver ?? ''));
  }
  return mounts;
}

function anonymousVolume(target: string, driver: string): MountSpec {
  return {
    type: 'volume',
    source: '',
    name: undefined,
    driver,
    driverOptions: {},
    labels: {},
    target,
    readOnly: false,
    anonymous: true,
    mode: '',
  };
}

/** An absolute path in the container, without `.`/`..`, and never the root itself. */
function cleanTarget(target: string, what: string): string {
  if (!target.startsWith('/'))
    throw badParameter(`invalid mount target in '${what}': it must be an absolute path`);
  const clean = posix.normalize(target).replace(/(.)\/$/, '$1');
  if (clean === '/') throw badParameter(`invalid specification: destination can't be '/' in '${what}'`);
  return clean;
}
