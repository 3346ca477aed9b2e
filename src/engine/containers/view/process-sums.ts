import { readFileSync } from 'node:fs';

/** Total usage of some processes; times in nanoseconds, sizes in bytes. */
export interface ProcessSums {
  readonly cpuUser: number;
  readonly cpuSystem: number;
  /** Shared pages count proportionally. */
  readonly memory: number;
  readonly processes: number;
}

const nanosPerTick = 10_000_000;

/**
 * The counters of a container without control groups: those of its processes, and of the children that these have
 * waited for. Usage of other processes that have ended is missing.
 */
export function sumProcesses(pids: readonly number[]): ProcessSums {
  const each = pids.flatMap((pid) => {
    const ticks = ticksOf(pid);
    return ticks === undefined ? [] : [{ ...ticks, memory: shareOf(pid) }];
  });
  const sum = (of: (one: (typeof each)[number]) => number): number =>
    each.reduce((total, one) => total + of(one), 0);
  return {
    cpuUser: sum(({ user }) => user) * nanosPerTick,
    cpuSystem: sum(({ system }) => system) * nanosPerTick,
    memory: sum(({ memory }) => memory),
    processes: each.length,
  };
}

function ticksOf(pid: number): { readonly user: number; readonly system: number } | undefined {
  const stat = text(`/proc/${pid}/stat`);
  if (stat === '') return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3] ?? 0);
  return { user: field(14) + field(16), system: field(15) + field(17) };
}

function shareOf(pid: number): number {
  const share = /^Pss:\s+(\d+)/m.exec(text(`/proc/${pid}/smaps_rollup`))?.[1];
  const resident = /^VmRSS:\s+(\d+)/m.exec(share === undefined ? text(`/proc/${pid}/status`) : '')?.[1];
  return Number(share ?? resident ?? 0) * 1024;
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
