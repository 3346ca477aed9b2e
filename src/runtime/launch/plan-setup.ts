import { posix } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { CgroupPlan } from '../cgroup/cgroup-plan.ts';
import { defaultDevices } from '../spec/device-rules.ts';
import type { OciMount, OciSpec } from '../spec/oci-types.ts';
import type { MachineFacts } from '../spec/spec-input.ts';
import type { LaunchContext } from './launch-context.ts';
import type { SetupOp } from './launch-plan.ts';
import { mountAttribute } from './mount-attributes.ts';
import { type MountWords, mountFlag, parseMountWords } from './mount-flags.ts';
import { attributeOps, idmapOf, rootPropagation } from './plan-mount-options.ts';

/**
 * Files of /proc that may be mounted over (LXCFS and similar programs give a container its own view of them); anything
 * else there could deceive a runtime or a process about what it reads (CVE-2019-19921).
 */
const coverable = new Set([
  '/proc/cpuinfo',
  '/proc/diskstats',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/slabinfo',
  '/proc/stat',
  '/proc/swaps',
  '/proc/uptime',
  '/proc/sys/kernel/ns_last_pid',
  '/proc/sys/crypto/fips_enabled',
]);

/** Everything that init does in its new namespaces, from the root file system to the last masked path. */
export function setupOps(spec: OciSpec, context: LaunchContext, cgroups: CgroupPlan): SetupOp[] {
  const { linux } = spec;
  const ownsDev = !spec.mounts.some((mount) => mount.destination === '/dev' && isBind(mount));
  return [
    ...rootfs(context),
    ...(spec.process.cwd === '/' ? [] : [directory(spec.process.cwd)]),
    ...spec.mounts.flatMap((mount) => mountOps(mount, spec, context.machine, cgroups)),
    ...(ownsDev ? deviceNodes(spec) : []),
    ...(context.stdio.tty ? [{ op: 'console' } as const] : []),
    ...Object.entries(linux.sysctl ?? {}).map(([key, value]): SetupOp => ({ op: 'sysctl', key, value })),
    ...(spec.hostname === undefined ? [] : [{ op: 'hostname', name: spec.hostname } as const]),
    ...(spec.domainname === undefined ? [] : [{ op: 'domainname', name: spec.domainname } as const]),
    ...(context.hooks === undefined ? [] : [{ op: 'hooks' } as const]),
    { op: movesRoot(spec, context) ? 'move-root' : 'pivot' },
    ...rootPropagation(linux.rootfsPropagation, context.rootfs.kind),
    ...(linux.readonlyPaths ?? []).map((target): SetupOp => ({ op: 'readonly-path', target })),
    ...(linux.maskedPaths ?? []).map((target): SetupOp => ({ op: 'mask', target })),
    ...(spec.root.readonly === true ? [{ op: 'readonly-root' } as const] : []),
  ];
}

/** A root in a namespace that others also use can't be pivoted: they would lose theirs. */
function movesRoot({ linux }: OciSpec, { noPivot }: LaunchContext): boolean {
  return noPivot === true || linux.namespaces.some(({ type, path }) => type === 'mount' && path);
}

function rootfs({ rootfs: source, images = [], machine }: LaunchContext): SetupOp[] {
  const { userNamespace: userxattr } = machine;
  const shown = images.map(
    ({ lowerDirs: lower, mountPoint }): SetupOp => ({
      op: 'rootfs-overlay',
      lower,
      upper: '',
      work: '',
      mountPoint,
      userxattr,
    }),
  );
  const binds = (source.binds ?? []).map(
    (bind): SetupOp => ({
      op: 'bind',
      source: bind.source,
      subpath: '',
      target: bind.target,
      recursive: bind.recursive,
      readOnly: bind.readOnly ? (bind.recursive ? 'recursive' : 'yes') : 'no',
      nosuid: bind.readOnly,
      nodev: true,
      noexec: false,
      propagation: 'rprivate',
      create: 'dir',
    }),
  );
  if (source.kind === 'directory') {
    return [...shown, { op: 'rootfs-bind', source: source.path, mountPoint: source.path }, ...binds];
  }
  const overlay: SetupOp = {
    op: 'rootfs-overlay',
    lower: source.lowerDirs,
    upper: source.upper,
    work: source.work,
    mountPoint: source.mountPoint,
    userxattr,
  };
  return [...shown, overlay, ...binds];
}

function directory(target: string): SetupOp {
  return { op: 'mkdir', target, mode: 0o755, uid: 0, gid: 0 };
}

function isBind(mount: OciMount): boolean {
  return mount.type === 'bind' || (mount.options ?? []).some((word) => word === 'bind' || word === 'rbind');
}

function mountOps(mount: OciMount, spec: OciSpec, machine: MachineFacts, cgroups: CgroupPlan): SetupOp[] {
  const target = posix.normalize(mount.destination);
  const words = parseMountWords(mount.options ?? []);
  // A rootless container with the machine's processes sees the machine's own (spec-mounts.ts).
  const shown = machine.networkHome !== undefined && mount.source === '/proc';
  const isProc = target === '/proc' && (mount.type === 'proc' || shown);
  if ((target === '/proc' || target.startsWith('/proc/')) && !isProc && !coverable.has(target)) {
    throw new TcomposeError('RUNTIME_MOUNT', `"${target}" cannot be mounted because it is inside /proc`, {
      hint: 'Mount it elsewhere; only /proc/cpuinfo, meminfo, stat and the like can be covered.',
    });
  }
  if (isBind(mount)) return [bindOp(mount, target, words, spec), ...attributeOps(target, words, 'bind')];
  if (mount.type === 'cgroup' || mount.type === 'cgroup2') return cgroupOps(target, words, machine, cgroups);
  const data = fileSystemData(mount.type, words.data, machine);
  const mounted: SetupOp = words.copyUp
    ? { op: 'tmpfs-copy', target, flags: words.flags, data }
    : {
        op: 'mount',
        source: mount.source ?? mount.type ?? 'none',
        target,
        fstype: mount.type ?? 'none',
        flags: words.flags,
        data,
        create: 'dir',
      };
  return [mounted, ...attributeOps(target, words, 'file system')];
}

/** In a user namespace group 5 (tty) may not exist, and devpts refuses a missing group. */
function fileSystemData(type: string | undefined, data: string, machine: MachineFacts): string {
  if (type !== 'devpts' || !machine.userNamespace) return data;
  return data
    .split(',')
    .filter((word) => !word.startsWith('gid='))
    .join(',');
}

function bindOp(mount: OciMount, target: string, words: MountWords, spec: OciSpec): SetupOp {
  const { flags, propagation = 'rprivate' } = words;
  const idmap = idmapOf(mount, words, spec.linux);
  const recursive = (words.recursive.set & mountAttribute.readOnly) !== 0;
  return {
    op: 'bind',
    source: mount.below ?? mount.source ?? '',
    subpath: mount.below === undefined ? '' : posix.relative(mount.below, mount.source ?? ''),
    target,
    recursive: words.bind !== 'bind',
    readOnly: recursive ? 'recursive' : (flags & mountFlag.readOnly) === 0 ? 'no' : 'yes',
    nosuid: (flags & mountFlag.nosuid) !== 0,
    nodev: (flags & mountFlag.nodev) !== 0,
    noexec: (flags & mountFlag.noexec) !== 0,
    // A mount is made unbindable after it is in place.
    propagation:
      propagation === 'unbindable' ? 'private' : propagation === 'runbindable' ? 'rprivate' : propagation,
    create: 'dir',
    ...(idmap === undefined ? {} : { idmap }),
  };
}

/**
 * What a container sees of control groups. v2: the tree, rooted at its own group in a cgroup namespace. v1: a tmpfs
 * with its own group of each controller bound into it, so that no namespace is needed to hide the others.
 */
function cgroupOps(target: string, words: MountWords, machine: MachineFacts, cgroups: CgroupPlan): SetupOp[] {
  const layout = machine.cgroups;
  if (layout.kind === 'none') return [];
  const unified: SetupOp = {
    op: 'mount',
    source: 'cgroup',
    target,
    fstype: 'cgroup2',
    flags: words.flags,
    data: '',
    create: 'dir',
  };
  if (layout.kind === 'v2') return [unified];
  const { nosuid, nodev, noexec } = mountFlag;
  const ops: SetupOp[] = [
    {
      op: 'mount',
      source: 'tmpfs',
      target,
      fstype: 'tmpfs',
      flags: nosuid | nodev | noexec,
      data: 'mode=755',
      create: 'dir',
    },
  ];
  const bound = new Set<string>();
  for (const [controller, path] of Object.entries(cgroups.paths)) {
    const mountPoint = Object.entries(layout.mounts).find(([name]) => name === controller)?.[1].mountPoint;
    const name = posix.basename(mountPoint ?? controller);
    if (!bound.has(path)) {
      ops.push({
        op: 'bind',
        source: path,
        subpath: '',
        target: `${target}/${name}`,
        recursive: false,
        readOnly: (words.flags & mountFlag.readOnly) === 0 ? 'no' : 'yes',
        nosuid: true,
        nodev: true,
        noexec: true,
        propagation: 'private',
        create: 'dir',
      });
    }
    bound.add(path);
    if (name !== controller) ops.push({ op: 'symlink', text: name, target: `${target}/${controller}` });
  }
  if ((words.flags & mountFlag.readOnly) !== 0) {
    const flags = mountFlag.remount | mountFlag.bind | mountFlag.readOnly | nosuid | nodev | noexec;
    ops.push({ op: 'mount', source: 'tmpfs', target, fstype: 'tmpfs', flags, data: '', create: 'none' });
  }
  return ops;
}

/** Nodes and links that every /dev has (runtime-spec, config-linux.md, Default Devices), then the spec's own. */
function deviceNodes(spec: OciSpec): SetupOp[] {
  const links: readonly (readonly [string, string])[] = [
    ['/proc/self/fd', '/dev/fd'],
    ['/proc/self/fd/0', '/dev/stdin'],
    ['/proc/self/fd/1', '/dev/stdout'],
    ['/proc/self/fd/2', '/dev/stderr'],
    ['/proc/kcore', '/dev/core'],
    ['pts/ptmx', '/dev/ptmx'],
  ];
  const own = new Map((spec.linux.devices ?? []).map((device) => [device.path, device]));
  const nodes = defaultDevices
    .filter(([name]) => !own.has(`/dev/${name}`))
    .map(
      ([name, major, minor]): SetupOp => ({
        op: 'device',
        target: `/dev/${name}`,
        type: 'c',
        major,
        minor,
        mode: 0o666,
        uid: 0,
        gid: 0,
      }),
    );
  const asked = [...own.values()].map((device): SetupOp => {
    if (!device.path.startsWith('/')) {
      throw new TcomposeError('RUNTIME_DEVICE', `device path ${device.path} is not absolute`);
    }
    return {
      op: 'device',
      target: posix.normalize(device.path),
      type: device.type === 'u' ? 'c' : device.type,
      major: device.major ?? 0,
      minor: device.minor ?? 0,
      mode: (device.fileMode ?? 0o666) & 0o7777,
      uid: device.uid ?? 0,
      gid: device.gid ?? 0,
    };
  });
  return [...nodes, ...asked, ...links.map(([text, target]): SetupOp => ({ op: 'symlink', text, target }))];
}
