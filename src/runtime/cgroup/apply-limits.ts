import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { CgroupUpdate } from './cgroup-plan.ts';
import { cgroupPids } from './live-cgroup.ts';

type Write = Extract<CgroupUpdate['steps'][number], { op: 'write' }>;

/** Most rounds of moving processes: if one forks while it is moved, its child may be left for the next round. */
const rounds = 20;

/**
 * Carries out a change of limits, all or nothing; `inhabited` are the groups that the container's processes are in.
 * Returns a sentence for each limit that the kernel has no file for. Throws ENGINE_CONFLICT when the kernel refuses
 * one, for example a memory limit below what is in use.
 */
export function applyLimits(update: CgroupUpdate, inhabited: Readonly<Record<string, string>>): string[] {
  const made = update.groups.filter((group) => !existsSync(group));
  for (const step of update.steps) {
    if (step.op === 'mkdir') mkdirSync(step.path, { recursive: true, mode: step.mode });
  }
  const writes = update.steps.filter((step) => step.op === 'write');
  const before = writes.flatMap((step) => current(step));
  const refused = writeAll(writes);
  const fatal = refused.find(({ step }) => !step.optional);
  if (fatal !== undefined) {
    writeAll(before);
    for (const group of made) rmdirSync(group);
    throw new TcomposeError('ENGINE_CONFLICT', `the kernel refused a limit: ${fatal.error.message}`, {
      cause: fatal.error,
    });
  }
  for (const group of made) moveInto(group, inhabited);
  return refused.map(({ step }) => `the kernel of this machine has no limit ${step.path}`);
}

/** Two attempts: memory may not exceed memory plus swap, so either of the two may have to be written first. */
function writeAll(writes: readonly Write[]): { readonly step: Write; readonly error: Error }[] {
  let refused: { readonly step: Write; readonly error: Error }[] = [];
  let open = writes;
  for (let pass = 0; pass < 2 && open.length > 0; pass++) {
    refused = open.flatMap((step) => {
      try {
        writeFileSync(step.path, step.data, { flag: 'r+' });
        return [];
      } catch (error) {
        return [{ step, error: error as Error }];
      }
    });
    open = refused.map(({ step }) => step);
  }
  return refused;
}

/** The write that would restore the present value. */
function current(step: Write): Write[] {
  try {
    return [{ ...step, data: readFileSync(step.path, 'utf8').trim() }];
  } catch {
    return [];
  }
}

function moveInto(group: string, from: Readonly<Record<string, string>>): void {
  for (let round = 0; round < rounds; round++) {
    const there = new Set(cgroupPids({ group }));
    const missing = cgroupPids(from).filter((pid) => !there.has(pid));
    if (missing.length === 0) return;
    for (const pid of missing) {
      try {
        writeFileSync(join(group, 'cgroup.procs'), String(pid));
      } catch {
        // It ended meanwhile; otherwise the next round finds it.
      }
    }
  }
}
