import { TcomposeError } from '../../errors.ts';
import type { OciResources, OciThrottle } from './oci-types.ts';
import type { BlkioDevice, HostConfigInput, SpecInput } from './spec-input.ts';

const smallestMemory = 6 * 1024 * 1024;

/** `linux.resources` without device rules. Ranges and contradictions as in Docker. Throws RUNTIME_RESOURCES. */
export function resources(input: Pick<SpecInput, 'hostConfig' | 'machine'>): OciResources {
  const { hostConfig } = input;
  const memory = memoryOf(hostConfig, input.machine.cgroups.kind);
  const cpu = cpuOf(hostConfig, input.machine);
  const blockIO = blockIoOf(hostConfig);
  const pids = hostConfig.PidsLimit ?? 0;
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(pids > 0 ? { pids: { limit: pids } } : {}),
    ...(blockIO === undefined ? {} : { blockIO }),
  };
}

function memoryOf(host: HostConfigInput, cgroups: 'v1' | 'v2' | 'none'): OciResources['memory'] {
  const limit = host.Memory ?? 0;
  const reservation = host.MemoryReservation ?? 0;
  const swap = host.MemorySwap ?? 0;
  const swappiness = host.MemorySwappiness ?? -1;
  if (limit !== 0 && limit < smallestMemory)
    throw bad('Minimum memory limit allowed is 6MB', 'Give at least 6m.');
  if (swap > 0 && limit === 0) {
    throw bad(
      'You should always set the Memory limit when using Memoryswap limit, see usage',
      'Set the memory limit too.',
    );
  }
  if (swap > 0 && swap < limit) {
    throw bad(
      'Minimum memoryswap limit should be larger than memory limit, see usage',
      'The memory and swap limit is the sum of both: give at least the memory limit.',
    );
  }
  if (swappiness < -1 || swappiness > 100) {
    throw bad(`Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  }
  if (reservation !== 0 && limit !== 0 && reservation > limit) {
    throw bad(
      'Minimum memory limit can not be less than memory reservation limit, see usage',
      'Lower the reservation.',
    );
  }
  const memory = {
    ...(limit > 0 ? { limit } : {}),
    ...(reservation > 0 ? { reservation } : {}),
    ...(limit > 0 && swap === 0 ? { swap: limit * 2 } : swap === 0 ? {} : { swap }),
    ...(swappiness < 0 || cgroups === 'v2' ? {} : { swappiness }),
    ...(host.OomKillDisable === true && cgroups !== 'v2' ? { disableOOMKiller: true } : {}),
  };
  return Object.keys(memory).length === 0 ? undefined : memory;
}

function cpuOf(
  host: HostConfigInput,
  { cpus, cgroups }: Pick<SpecInput['machine'], 'cpus' | 'cgroups'>,
): OciResources['cpu'] {
  const nano = host.NanoCpus ?? 0;
  const period = host.CpuPeriod ?? 0;
  const quota = host.CpuQuota ?? 0;
  const shares = host.CpuShares ?? 0;
  if (nano !== 0 && (period !== 0 || quota !== 0)) {
    throw bad(
      `Conflicting options: Nano CPUs and CPU ${period === 0 ? 'Quota' : 'Period'} cannot both be set`,
    );
  }
  if (nano < 0 || (cpus !== undefined && nano > cpus * 1e9)) {
    throw bad(
      `range of CPUs is from 0.01 to ${(cpus ?? 0).toFixed(2)}, as there are only ${cpus ?? 0} CPUs available`,
      'Lower cpus.',
    );
  }
  if (period !== 0 && (period < 1000 || period > 1000000)) {
    throw bad('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  }
  if (quota > 0 && quota < 1000) throw bad('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  if (shares < 0) throw bad(`invalid CPU shares (${shares}): value must be a positive integer`);
  for (const list of [host.CpusetCpus, host.CpusetMems]) {
    if (list !== undefined && !/^(\d+(-\d+)?(,\d+(-\d+)?)*)?$/.test(list)) {
      throw bad(`invalid value ${list} for cpuset`, 'Write numbers and ranges: 0-2,5.');
    }
  }
  const available = cgroups.kind === 'v1' ? cgroups.cpuset?.cpus : undefined;
  if (host.CpusetCpus && available !== undefined && !isSubset(host.CpusetCpus, available)) {
    throw bad(
      `Requested CPUs are not available - requested ${host.CpusetCpus}, available: ${available}`,
      'Name CPUs that this machine has.',
    );
  }
  const cpu = {
    ...(shares > 0 ? { shares } : {}),
    ...(nano > 0 ? { quota: Math.max(1000, Math.round(nano / 10000)), period: 100000 } : {}),
    ...(quota !== 0 ? { quota } : {}),
    ...(period !== 0 ? { period } : {}),
    ...(host.CpuRealtimePeriod ? { realtimePeriod: host.CpuRealtimePeriod } : {}),
    ...(host.CpuRealtimeRuntime ? { realtimeRuntime: host.CpuRealtimeRuntime } : {}),
    ...(host.CpusetCpus ? { cpus: host.CpusetCpus } : {}),
    ...(host.CpusetMems ? { mems: host.CpusetMems } : {}),
  };
  return Object.keys(cpu).length === 0 ? undefined : cpu;
}

/** Whether every number of a list such as `0-2,5` is in the other. */
function isSubset(list: string, whole: string): boolean {
  const ranges = (text: string): (readonly [number, number])[] =>
    text.split(',').map((part) => {
      const [first = Number.NaN, last = first] = part.split('-').map(Number);
      return [first, last];
    });
  const there = new Set(
    ranges(whole).flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    ),
  );
  return ranges(list).every(([first, last]) => {
    if (last - first >= there.size) return false;
    for (let cpu = first; cpu <= last; cpu++) if (!there.has(cpu)) return false;
    return true;
  });
}

function blockIoOf(host: HostConfigInput): OciResources['blockIO'] {
  const weight = host.BlkioWeight ?? 0;
  if (weight !== 0 && (weight < 10 || weight > 1000)) {
    throw bad('Range of blkio weight is from 10 to 1000', 'Give a weight in that range.');
  }
  const weightDevice = (host.BlkioWeightDevice ?? []).map((device) => ({
    ...numbers(device),
    weight: device.Weight,
  }));
  const lists = {
    throttleReadBpsDevice: throttles(host.BlkioDeviceReadBps),
    throttleWriteBpsDevice: throttles(host.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: throttles(host.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttles(host.BlkioDeviceWriteIOps),
  };
  const blockIO = {
    ...(weight === 0 ? {} : { weight }),
    ...(weightDevice.length === 0 ? {} : { weightDevice }),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  };
  return Object.keys(blockIO).length === 0 ? undefined : blockIO;
}

function throttles(devices: readonly BlkioDevice<'Rate'>[] | null | undefined): OciThrottle[] {
  return (devices ?? []).map((device) => ({ ...numbers(device), rate: device.Rate }));
}

function numbers(device: { readonly Path: string; readonly major?: number; readonly minor?: number }): {
  major: number;
  minor: number;
} {
  if (device.major === undefined || device.minor === undefined) {
    throw bad(`block device ${device.Path} does not exist`, 'Name a block device of this machine.');
  }
  return { major: device.major, minor: device.minor };
}

function bad(message: string, hint?: string): TcomposeError {
  return new TcomposeError('RUNTIME_RESOURCES', message, hint === undefined ? {} : { hint });
}
