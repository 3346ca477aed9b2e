import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Instant } from '../../clock.ts';
import { never, rfc3339 } from '../../time-text.ts';
import type { Container } from '../container.ts';

/** One reading of a container's counters. Times in nanoseconds, sizes in bytes. */
export interface StatsSample {
  readonly read: string;
  readonly cpuTotal: number;
  readonly cpuUser: number;
  readonly cpuSystem: number;
  /** CPU time of the whole machine. */
  readonly machineCpu: number;
  readonly memoryUsage: number;
  readonly memoryLimit: number;
  readonly inactiveFile: number;
  readonly pids: number;
  readonly pidsLimit: number | undefined;
  readonly networks: Readonly<Record<string, Record<string, number>>>;
  readonly blkio: readonly { major: number; minor: number; op: string; value: number }[];
}

/** Reads the cgroup files of v1 (by controller) or v2 (`unified`) and /proc/<pid>/net/dev. */
export function readStats(paths: Readonly<Record<string, string>>, pid: number, now: Instant): StatsSample {
  const unified = paths.unified;
  const cpu = unified === undefined ? cpuV1(paths.cpuacct) : cpuV2(unified);
  const memoryDirectory = unified ?? paths.memory;
  const memoryStat = keyed(memoryDirectory, 'memory.stat');
  const limit = number(memoryDirectory, unified === undefined ? 'memory.limit_in_bytes' : 'memory.max');
  const pidsDirectory = unified ?? paths.pids;
  return {
    read: rfc3339(now),
    ...cpu,
    machineCpu: machineCpu(),
    memoryUsage:
      number(memoryDirectory, unified === undefined ? 'memory.usage_in_bytes' : 'memory.current') ?? 0,
    memoryLimit: limit === undefined || limit > totalmem() ? totalmem() : limit,
    inactiveFile: memoryStat.get(unified === undefined ? 'total_inactive_file' : 'inactive_file') ?? 0,
    pids: number(pidsDirectory, 'pids.current') ?? 0,
    pidsLimit: number(pidsDirectory, 'pids.max'),
    networks: networkCounters(pid),
    blkio: unified === undefined ? blkioV1(paths.blkio) : blkioV2(unified),
  };
}

function cpuV2(directory: string): { cpuTotal: number; cpuUser: number; cpuSystem: number } {
  const stat = keyed(directory, 'cpu.stat');
  const nanos = (key: string): number => (stat.get(key) ?? 0) * 1000;
  return { cpuTotal: nanos('usage_usec'), cpuUser: nanos('user_usec'), cpuSystem: nanos('system_usec') };
}

function cpuV1(directory: string | undefined): { cpuTotal: number; cpuUser: number; cpuSystem: number } {
  const stat = keyed(directory, 'cpuacct.stat');
  const nanosPerTick = 10_000_000;
  return {
    cpuTotal: number(directory, 'cpuacct.usage') ?? 0,
    cpuUser: (stat.get('user') ?? 0) * nanosPerTick,
    cpuSystem: (stat.get('system') ?? 0) * nanosPerTick,
  };
}

/** user, nice, system, idle, iowait, irq, softirq, steal of the first line of /proc/stat, as dockerd sums them. */
function machineCpu(): number {
  const line = text('/proc/stat')?.split('\n')[0] ?? '';
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  return ticks.reduce((sum, tick) => sum + tick, 0) * 10_000_000;
}

function networkCounters(pid: number): Record<string, Record<string, number>> {
  const networks: Record<string, Record<string, number>> = {};
  for (const line of text(`/proc/${pid}/net/dev`)?.split('\n').slice(2) ?? []) {
    const [name = '', rest] = line.split(':');
    if (rest === undefined || name.trim() === 'lo') continue;
    const [rxBytes, rxPackets, rxErrors, rxDropped, , , , , txBytes, txPackets, txErrors, txDropped] = rest
      .trim()
      .split(/\s+/)
      .map(Number);
    networks[name.trim()] = {
      rx_bytes: rxBytes ?? 0,
      rx_packets: rxPackets ?? 0,
      rx_errors: rxErrors ?? 0,
      rx_dropped: rxDropped ?? 0,
      tx_bytes: txBytes ?? 0,
      tx_packets: txPackets ?? 0,
      tx_errors: txErrors ?? 0,
      tx_dropped: txDropped ?? 0,
    };
  }
  return networks;
}

function blkioV1(
  directory: string | undefined,
): { major: number; minor: number; op: string; value: number }[] {
  const lines = text(
    directory === undefined ? undefined : join(directory, 'blkio.throttle.io_service_bytes'),
  );
  return (lines ?? '').split('\n').flatMap((line) => {
    const match = /^(\d+):(\d+) (Read|Write) (\d+)$/.exec(line);
    return match === null
      ? []
      : [
          {
            major: Number(match[1]),
            minor: Number(match[2]),
            op: match[3]!.toLowerCase(),
            value: Number(match[4]),
          },
        ];
  });
}

function blkioV2(directory: string): { major: number; minor: number; op: string; value: number }[] {
  return (text(join(directory, 'io.stat')) ?? '').split('\n').flatMap((line) => {
    const match = /^(\d+):(\d+) rbytes=(\d+) wbytes=(\d+)/.exec(line);
    if (match === null) return [];
    const device = { major: Number(match[1]), minor: Number(match[2]) };
    return [
      { ...device, op: 'read', value: Number(match[3]) },
      { ...device, op: 'write', value: Number(match[4]) },
    ];
  });
}

/** The counters in the form of the API (for docker stats); a stopped container has zeros. */
export function statsFor(
  container: Container,
  now: StatsSample | undefined,
  before: StatsSample | undefined,
): object {
  const cpuStats = (sample: StatsSample | undefined): object => ({
    cpu_usage: {
      total_usage: sample?.cpuTotal ?? 0,
      usage_in_usermode: sample?.cpuUser ?? 0,
      usage_in_kernelmode: sample?.cpuSystem ?? 0,
    },
    ...(sample === undefined ? {} : { system_cpu_usage: sample.machineCpu, online_cpus: cpus().length }),
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  });
  return {
    id: container.id,
    name: `/${container.name}`,
    read: now?.read ?? never,
    preread: before?.read ?? never,
    num_procs: 0,
    storage_stats: {},
    pids_stats:
      now === undefined
        ? {}
        : { current: now.pids, ...(now.pidsLimit === undefined ? {} : { limit: now.pidsLimit }) },
    cpu_stats: cpuStats(now),
    precpu_stats: cpuStats(before),
    memory_stats:
      now === undefined
        ? {}
        : {
            usage: now.memoryUsage,
            limit: now.memoryLimit,
            stats: { inactive_file: now.inactiveFile, total_inactive_file: now.inactiveFile },
          },
    blkio_stats: {
      io_service_bytes_recursive: now?.blkio ?? [],
      io_serviced_recursive: [],
      io_queue_recursive: [],
      io_service_time_recursive: [],
      io_wait_time_recursive: [],
      io_merged_recursive: [],
      io_time_recursive: [],
      sectors_recursive: [],
    },
    ...(now === undefined || Object.keys(now.networks).length === 0 ? {} : { networks: now.networks }),
  };
}

function text(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The number in a file; undefined for `max` or a missing file. */
function number(directory: string | undefined, file: string): number | undefined {
  const value = directory === undefined ? undefined : text(join(directory, file))?.trim();
  return value === undefined || !/^\d+$/.test(value) ? undefined : Number(value);
}

function keyed(directory: string | undefined, file: string): Map<string, number> {
  const lines = directory === undefined ? '' : (text(join(directory, file)) ?? '');
  return new Map(
    lines
      .split('\n')
      .map((line) => line.split(' '))
      .map(([key = '', value]) => [key, Number(value)]),
  );
}
