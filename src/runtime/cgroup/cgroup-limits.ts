import type { OciResources, OciThrottle } from '../spec/oci-types.ts';
import type { Controller } from './cgroup-layout.ts';

/** cgroup v2 controllers that are enabled for our groups if they exist. */
export const unifiedControllers: readonly string[] = ['cpu', 'memory', 'pids', 'io', 'cpuset'];

/** One limit as a write to a file of the container's group. */
export interface LimitWrite<Name extends string = string> {
  readonly controller: Name;
  readonly file: string;
  readonly data: string;
  /** The kernel may lack the file (swap accounting, weights); the limit is then skipped with a warning. */
  readonly optional: boolean;
}

/** Limits as cgroup v1 files (Documentation/admin-guide/cgroup-v1/). `needs`: controllers without which a limit is lost. */
export function limitsV1(resources: OciResources): {
  readonly writes: readonly LimitWrite<Controller>[];
  readonly needs: readonly Controller[];
} {
  const { writes, put } = limitWrites<Controller>();
  const { memory, cpu, pids, blockIO } = resources;
  // A new group has no limit: memory comes first, because memory+swap may not be lower.
  put('memory', 'memory.limit_in_bytes', memory?.limit);
  put('memory', 'memory.memsw.limit_in_bytes', memory?.swap, true);
  put('memory', 'memory.soft_limit_in_bytes', memory?.reservation);
  put('memory', 'memory.swappiness', memory?.swappiness);
  put('memory', 'memory.kmem.tcp.limit_in_bytes', memory?.kernelTCP, true);
  put('memory', 'memory.oom_control', memory?.disableOOMKiller === true ? 1 : undefined);
  put('cpu', 'cpu.shares', cpu?.shares);
  put('cpu', 'cpu.cfs_period_us', cpu?.period);
  put('cpu', 'cpu.cfs_quota_us', cpu?.quota);
  put('cpu', 'cpu.rt_period_us', cpu?.realtimePeriod);
  put('cpu', 'cpu.rt_runtime_us', cpu?.realtimeRuntime);
  put('cpuset', 'cpuset.cpus', cpu?.cpus);
  put('cpuset', 'cpuset.mems', cpu?.mems);
  put('pids', 'pids.max', pids === undefined ? undefined : pids.limit > 0 ? pids.limit : 'max');
  put('blkio', 'blkio.weight', blockIO?.weight, true);
  put('blkio', 'blkio.bfq.weight', blockIO?.weight, true);
  for (const { major, minor, weight } of blockIO?.weightDevice ?? []) {
    put('blkio', 'blkio.weight_device', `${major}:${minor} ${weight}`, true);
  }
  const throttles: readonly (readonly [string, readonly OciThrottle[] | undefined])[] = [
    ['blkio.throttle.read_bps_device', blockIO?.throttleReadBpsDevice],
    ['blkio.throttle.write_bps_device', blockIO?.throttleWriteBpsDevice],
    ['blkio.throttle.read_iops_device', blockIO?.throttleReadIOPSDevice],
    ['blkio.throttle.write_iops_device', blockIO?.throttleWriteIOPSDevice],
  ];
  for (const [file, list] of throttles) {
    for (const { major, minor, rate } of list ?? []) put('blkio', file, `${major}:${minor} ${rate}`);
  }
  return { writes, needs: [...new Set(writes.map(({ controller }) => controller))] };
}

/** Limits as cgroup v2 files (Documentation/admin-guide/cgroup-v2.rst). */
export function limitsV2(resources: OciResources): {
  readonly writes: readonly LimitWrite[];
  readonly needs: readonly string[];
  readonly warnings: readonly string[];
} {
  const { writes, put } = limitWrites<string>();
  const warnings: string[] = [];
  const { memory, cpu, pids, blockIO } = resources;
  put('memory', 'memory.max', unlimited(memory?.limit));
  put('memory', 'memory.swap.max', swapOf(memory), true);
  put('memory', 'memory.low', unlimited(memory?.reservation));
  put('cpu', 'cpu.weight', cpu?.shares === undefined || cpu.shares === 0 ? undefined : cpuWeight(cpu.shares));
  if (cpu?.quota !== undefined || cpu?.period !== undefined) {
    const quota = cpu.quota !== undefined && cpu.quota > 0 ? String(cpu.quota) : 'max';
    put('cpu', 'cpu.max', `${quota} ${cpu.period ?? 100000}`);
  }
  put('cpuset', 'cpuset.cpus', cpu?.cpus);
  put('cpuset', 'cpuset.mems', cpu?.mems);
  put('pids', 'pids.max', pids === undefined ? undefined : pids.limit > 0 ? pids.limit : 'max');
  if (blockIO?.weight !== undefined) {
    put('io', 'io.bfq.weight', blockIO.weight, true);
    put('io', 'io.weight', ioWeight(blockIO.weight), true);
  }
  for (const { major, minor, weight } of blockIO?.weightDevice ?? []) {
    put('io', 'io.bfq.weight', `${major}:${minor} ${weight}`, true);
  }
  const throttles: readonly (readonly [string, readonly OciThrottle[] | undefined])[] = [
    ['rbps', blockIO?.throttleReadBpsDevice],
    ['wbps', blockIO?.throttleWriteBpsDevice],
    ['riops', blockIO?.throttleReadIOPSDevice],
    ['wiops', blockIO?.throttleWriteIOPSDevice],
  ];
  for (const [key, list] of throttles) {
    for (const { major, minor, rate } of list ?? []) put('io', 'io.max', `${major}:${minor} ${key}=${rate}`);
  }
  if (cpu?.realtimeRuntime || cpu?.realtimePeriod) {
    warnings.push(
      'cpu_rt_runtime and cpu_rt_period are ignored: cgroup v2 has no real-time share of a group',
    );
  }
  if (memory?.swappiness !== undefined)
    warnings.push('mem_swappiness is ignored: cgroup v2 has no swappiness of a group');
  if (memory?.disableOOMKiller === true) {
    warnings.push('oom_kill_disable is ignored: cgroup v2 cannot turn the OOM killer off');
  }
  for (const [file, data] of Object.entries(resources.unified ?? {})) {
    put(unifiedController(file), file, data);
  }
  return {
    writes,
    needs: [...new Set(writes.map(({ controller }) => controller))].filter(Boolean),
    warnings,
  };
}

/** Collects limits; unset ones are skipped. */
function limitWrites<Name extends string>() {
  const writes: LimitWrite<Name>[] = [];
  const put = (
    controller: Name,
    file: string,
    value: string | number | undefined,
    optional = false,
  ): void => {
    if (value !== undefined && value !== '') writes.push({ controller, file, data: String(value), optional });
  };
  return { writes, put };
}

function unifiedController(file: string): string {
  const prefix = file.split('.')[0] ?? '';
  return prefix === 'cgroup' ? '' : prefix;
}

function unlimited(bytes: number | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  return bytes < 0 ? 'max' : String(bytes);
}

/** The API's number is memory plus swap; v2 counts only swap. */
function swapOf(memory: OciResources['memory']): string | undefined {
  if (memory?.swap === undefined) return undefined;
  if (memory.swap < 0) return 'max';
  return memory.limit === undefined || memory.limit < 0
    ? undefined
    : String(Math.max(0, memory.swap - memory.limit));
}

/** Maps cpu.shares 2…262144 to cpu.weight 1…10000, linearly like the OCI runtimes. */
export function cpuWeight(shares: number): number {
  const bounded = Math.min(262144, Math.max(2, shares));
  return 1 + Math.floor(((bounded - 2) * 9999) / 262142);
}

/** Maps blkio.weight 10…1000 to io.weight 1…10000. */
export function ioWeight(weight: number): number {
  return 1 + Math.floor(((weight - 10) * 9999) / 990);
}
