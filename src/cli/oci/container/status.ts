import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TcomposeError } from '../../../errors.ts';
import { planCgroups } from '../../../runtime/cgroup/cgroup-plan.ts';
import { readMachineFacts } from '../../../runtime/machine-facts.ts';
import { type PidFile, parsePidFile } from '../../../runtime/shim/exit-file.ts';
import { connectShim, type ShimConnection } from '../../../runtime/shim/shim-client.ts';
import type { ShimState } from '../../../runtime/shim/shim-messages.ts';
import type { OciContainer } from './store.ts';

/** `state` of the runtime-spec (runtime.md, State), and `paused`, as in other runtimes. */
type OciStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

export interface ContainerStatus {
  readonly status: OciStatus;
  /** The container's process, with its pid in the caller's namespace; undefined once it has ended. */
  readonly process: PidFile | undefined;
}

/**
 * Status of a container. Until its start, and if it runs attached, its shim is asked; after that the process is
 * examined, by pid and start time. A zombie counts as ended.
 */
export async function statusOf(directory: string, container: OciContainer): Promise<ContainerStatus> {
  const state = await shimState(directory);
  const pidFile = readPidFile(directory);
  if (pidFile === undefined)
    return {
      status: state === undefined && existsSync(join(directory, 'exit')) ? 'stopped' : 'creating',
      process: undefined,
    };
  if (state?.type === 'exited' || state?.type === 'failed' || !isAlive(pidFile))
    return { status: 'stopped', process: undefined };
  if (state?.type === 'created') return { status: 'created', process: pidFile };
  return { status: isFrozen(container) ? 'paused' : 'running', process: pidFile };
}

/** The state that the shim reports, or undefined when there is no shim. */
async function shimState(directory: string): Promise<ShimState | undefined> {
  const shim = await connectIfThere(directory);
  if (shim === undefined) return undefined;
  const state = await nextState(shim);
  shim.close();
  return state;
}

/** A connection to the shim; undefined when it has ended. */
export async function connectIfThere(directory: string): Promise<ShimConnection | undefined> {
  try {
    return await connectShim(directory);
  } catch (error) {
    if (error instanceof TcomposeError && error.code === 'RUNTIME_GONE') return undefined;
    throw error;
  }
}

/** The present state or, if there is none yet, the first one; undefined when the shim ends without reporting any. */
export function nextState(shim: ShimConnection): Promise<ShimState | undefined> {
  return new Promise((resolve) => {
    shim.onState(resolve);
    shim.onClose(() => resolve(undefined));
  });
}

function readPidFile(directory: string): PidFile | undefined {
  try {
    return parsePidFile(readFileSync(join(directory, 'pid'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether the process still runs: fields 3 (state) and 22 (start time) of /proc/<pid>/stat; proc_pid_stat(5). */
function isAlive({ pid, startTime, bootId }: PidFile): boolean {
  try {
    if (readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() !== bootId) return false;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return !['Z', 'X', 'x'].includes(fields[0] ?? 'X') && BigInt(fields[19] ?? 0) === startTime;
  } catch {
    return false;
  }
}

/** Control groups of the container, by controller or under `unified`. */
export function cgroupPathsOf({ spec }: OciContainer): Readonly<Record<string, string>> {
  const { cgroups } = readMachineFacts();
  const { cgroupsPath, resources = {} } = spec.linux;
  return cgroupsPath === undefined ? {} : planCgroups(cgroups, cgroupsPath, resources).paths;
}

function isFrozen(container: OciContainer): boolean {
  const { freezer, unified } = cgroupPathsOf(container);
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return '';
    }
  };
  if (unified !== undefined) return read(join(unified, 'cgroup.freeze')) === '1';
  return freezer !== undefined && ['FROZEN', 'FREEZING'].includes(read(join(freezer, 'freezer.state')));
}
