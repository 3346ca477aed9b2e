import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessSize {
  readonly fds: number;
  /** Resident memory that is the process's own and written to, KiB. */
  readonly memory: number;
}

/** How much another process holds now. */
export function sizeOf(pid: number): ProcessSize {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return {
    fds: readdirSync(`/proc/${pid}/fd`).length,
    memory: Number(/Private_Dirty:\s+(\d+)/.exec(rollup)![1]),
  };
}
