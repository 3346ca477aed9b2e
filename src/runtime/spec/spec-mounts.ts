import { posix } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { mergeMountWords } from '../launch/mount-flags.ts';
import type { OciMount } from './oci-types.ts';
import type { ResolvedMount, SpecInput } from './spec-input.ts';

/** Docker's default size of /dev/shm, bytes. */
export const defaultShmSize = 64 * 1024 * 1024;

/** File systems that stay writable in a container with a read-only root. */
const writableAnyway = new Set(['/proc', '/dev', '/dev/pts', '/dev/shm', '/dev/mqueue']);

/**
 * All mounts in order: the kernel's file systems, then the generated files, volumes, binds and tmpfs by depth. A user's
 * mount replaces a default one at the same target, and one on /dev replaces everything below. Throws RUNTIME_MOUNT.
 */
export function mounts(input: SpecInput, options: { readonly writableCgroups: boolean }): OciMount[] {
  const user = [
    ...input.mounts.map(userMount),
    ...Object.entries(input.hostConfig.Tmpfs ?? {}).map(([target, words]) =>
      tmpfs(target, words === '' ? [] : words.split(',')),
    ),
  ];
  const targets = new Set<string>();
  for (const { destination } of user) {
    if (targets.has(destination)) {
      throw new TcomposeError('RUNTIME_MOUNT', `Duplicate mount point: ${destination}`, {
        hint: 'Mount only one thing at each place.',
      });
    }
    targets.add(destination);
  }
  const replaced = (target: string): boolean =>
    targets.has(target) || (targets.has('/dev') && target.startsWith('/dev/'));
  const privileged = input.hostConfig.Privileged === true;
  const defaults = [...kernelMounts(input, privileged, options.writableCgroups)].filter(
    ({ destination }) => !replaced(destination),
  );
  const files = generatedFiles(input).filter(({ destination }) => !replaced(destination));
  const frozen = (mount: OciMount): OciMount =>
    input.hostConfig.ReadonlyRootfs === true && !writableAnyway.has(mount.destination)
      ? { ...mount, options: mergeMountWords([...(mount.options ?? []), 'ro']) }
      : mount;
  return [...defaults.map(frozen), ...byDepth([...files.map(frozen), ...user])];
}

function* kernelMounts(input: SpecInput, privileged: boolean, writableCgroups: boolean): Generator<OciMount> {
  const readOnly = privileged ? [] : ['ro'];
  const ipc = input.hostConfig.IpcMode ?? '';
  yield procMount(input);
  yield {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  };
  yield {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  };
  yield sysMount(input, readOnly);
  if (input.machine.cgroups.kind !== 'none') {
    yield {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: ['nosuid', 'noexec', 'nodev', 'relatime', ...(writableCgroups ? [] : readOnly)],
    };
  }
  // Belongs to the IPC namespace in which the mount is made: with IpcMode host, it shows the host's queues.
  if (!showsMachine(input, ipc))
    yield {
      destination: '/dev/mqueue',
      type: 'mqueue',
      source: 'mqueue',
      options: ['nosuid', 'noexec', 'nodev'],
    };
  const shm = sharedMemory(input, ipc);
  if (shm !== undefined) yield shm;
}

/**
 * Whether a namespace's file system is requested that a rootless engine can't mount: it can only mount those of a
 * namespace that its user namespace owns. `mode` is the container's setting for that kind of namespace.
 */
const showsMachine = ({ machine }: SpecInput, mode: string | undefined): boolean =>
  machine.networkHome !== undefined && mode === 'host';

/** With the machine's own processes, a rootless container sees the machine's procfs. */
function procMount(input: SpecInput): OciMount {
  const words = ['nosuid', 'noexec', 'nodev'];
  if (showsMachine(input, input.hostConfig.PidMode))
    return bind('/proc', '/proc', ['rbind', 'rprivate', ...words]);
  return { destination: '/proc', type: 'proc', source: 'proc', options: words };
}

/** With the machine's own network, a rootless container sees the machine's sysfs. */
function sysMount(input: SpecInput, readOnly: readonly string[]): OciMount {
  const words = ['nosuid', 'noexec', 'nodev'];
  if (showsMachine(input, input.hostConfig.NetworkMode))
    return bind('/sys', '/sys', ['rbind', 'rprivate', 'rro', ...words]);
  return { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...words, ...readOnly] };
}

function sharedMemory(input: SpecInput, ipc: string): OciMount | undefined {
  const words = ['nosuid', 'noexec', 'nodev'];
  if (ipc === 'none') return undefined;
  if (ipc === 'host') return bind('/dev/shm', '/dev/shm', ['rbind', 'rprivate', ...words]);
  const shared = ipc.startsWith('container:')
    ? input.joined.ipcShm
    : ipc === 'shareable'
      ? input.shmDir
      : undefined;
  if (shared !== undefined) return bind(shared, '/dev/shm', ['rbind', 'rprivate', ...words]);
  const size = input.hostConfig.ShmSize || defaultShmSize;
  if (size < 0) throw new TcomposeError('RUNTIME_MOUNT', 'SHM size can not be less than 0');
  return {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: [...words, 'mode=1777', `size=${size}`],
  };
}

function generatedFiles({ files }: SpecInput): OciMount[] {
  const places: readonly (readonly [string | undefined, string])[] = [
    [files.resolvConf, '/etc/resolv.conf'],
    [files.hostname, '/etc/hostname'],
    [files.hosts, '/etc/hosts'],
  ];
  return places.flatMap(([source, target]) =>
    source === undefined ? [] : [bind(source, target, ['rbind', 'rprivate'])],
  );
}

function userMount(mount: ResolvedMount): OciMount {
  if (mount.type === 'tmpfs') {
    return tmpfs(mount.target, [...(mount.options ?? []), ...(mount.readOnly ? ['ro'] : [])]);
  }
  const readOnly = mount.readOnly ? [mount.readOnlyRecursive === true ? 'rro' : 'ro'] : [];
  const plain = bind(mount.source, checkTarget(mount.target), [
    mount.recursive === false ? 'bind' : 'rbind',
    mount.propagation ?? 'rprivate',
    ...(mount.options ?? []),
    ...readOnly,
  ]);
  return mount.below === undefined ? plain : { ...plain, below: mount.below };
}

function bind(source: string, destination: string, options: readonly string[]): OciMount {
  return { destination, type: 'bind', source, options };
}

/** Docker's tmpfs: no devices, no set-uid, no exec unless the options say so; unlimited unless they do. */
function tmpfs(target: string, words: readonly string[]): OciMount {
  const known =
    /^(rw|ro|(no)?(exec|suid|dev|atime|diratime)|(no)?relatime|strictatime|(size|mode|uid|gid|nr_inodes|nr_blocks|mpol|huge)=.+|(r?(private|shared|slave)))$/;
  for (const word of words) {
    if (!known.test(word)) {
      throw new TcomposeError('RUNTIME_MOUNT', `invalid tmpfs option "${word}" for ${target}`, {
        hint: 'Use size=, mode=, uid=, gid=, nr_inodes=, ro, exec, suid, dev or their opposites.',
      });
    }
  }
  return {
    destination: checkTarget(target),
    type: 'tmpfs',
    source: 'tmpfs',
    options: mergeMountWords(['noexec', 'nosuid', 'nodev', ...words]),
  };
}

function checkTarget(target: string): string {
  if (!target.startsWith('/')) {
    throw new TcomposeError('RUNTIME_MOUNT', `invalid mount path: '${target}' mount path must be absolute`, {
      hint: `Write the target as /${target}.`,
    });
  }
  const normal = posix.normalize(target);
  const clean = normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
  if (clean === '/') {
    throw new TcomposeError('RUNTIME_MOUNT', "invalid mount target: destination can't be '/'", {
      hint: 'Mount at a directory or file below the root.',
    });
  }
  return clean;
}

/** Stable order, with parents before what they contain. */
function byDepth(list: readonly OciMount[]): OciMount[] {
  const depth = (mount: OciMount): number => mount.destination.split('/').length;
  return [...list].sort((a, b) => depth(a) - depth(b));
}
