import type { CgroupLayout } from '../../../src/runtime/cgroup/cgroup-layout.ts';
import type { MachineFacts, SpecInput } from '../../../src/runtime/spec/spec-input.ts';

/** Each controller mounted by itself, as on machines with a nearly empty v2 tree beside. */
export const layoutV1: CgroupLayout = {
  kind: 'v1',
  mounts: Object.fromEntries(
    ['devices', 'memory', 'cpuacct', 'pids', 'freezer', 'blkio', 'cpu', 'cpuset'].map((name) => [
      name,
      { mountPoint: `/sys/fs/cgroup/${name}`, base: '' },
    ]),
  ),
  cpuset: { cpus: '0-1', mems: '0' },
};

export const layoutV2: CgroupLayout = {
  kind: 'v2',
  mountPoint: '/sys/fs/cgroup',
  base: '',
  controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids'],
};

export const machineV1: MachineFacts = {
  architecture: 'x64',
  lastCapability: 40,
  cgroups: layoutV1,
  userNamespace: false,
  hostname: 'box',
  kernel: [6, 18],
  cpus: 2,
  hardOpenFiles: 1048576,
};

export const machineV2: MachineFacts = { ...machineV1, cgroups: layoutV2 };

export const containerId = 'c0ffee'.padEnd(64, '0');

/** The smallest request: a command, everything else by default. */
export function specInput(more: Partial<SpecInput> = {}): SpecInput {
  return {
    id: containerId,
    instance: '1a2b3c4d',
    config: { Cmd: ['true'] },
    hostConfig: {},
    mounts: [],
    user: { uid: 0, gid: 0, groups: [], home: '/root' },
    files: {},
    joined: {},
    devices: [],
    machine: machineV1,
    ...more,
  };
}
