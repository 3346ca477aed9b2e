import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { clearCgroups } from '../../../runtime/cgroup/live-cgroup.ts';
import type { OciSpec } from '../../../runtime/spec/oci-types.ts';
import { ownsNamespace } from '../../../runtime/spec/spec-namespaces.ts';
import type { Engine } from '../../context.ts';
import type { ContainerState } from '../state.ts';
import { kinOf, namespaceOf, processes } from '../view/container-pids.ts';
import { cgroupPaths } from './cgroup.ts';

/** Longest wait for killed processes to end, in milliseconds. */
const goneWithin = 2000;

/**
 * Kills the processes of a container whose shim is gone, and removes its control groups. The kernel kills a command
 * together with its shim, but not one that executed a set-user-id file (prctl(2), PR_SET_PDEATHSIG). If the engine has
 * no control groups, processes are found through the first process, if that is still the one in `state`, by pid
 * namespace and descent.
 */
export async function endLeft(
  engine: Pick<Engine, 'machine' | 'bootId'>,
  state: ContainerState,
  spec: Pick<OciSpec, 'linux'> | undefined,
): Promise<void> {
  const paths = spec === undefined ? {} : cgroupPaths(engine, spec);
  if (Object.keys(paths).length > 0) return clearCgroups(paths);
  if (state.status !== 'running' && state.status !== 'paused') return;
  const { pid, startTime, bootId } = state.process;
  if (bootId !== engine.bootId || startTimeOf(pid) !== startTime) return;
  const own = spec !== undefined && ownsNamespace(spec.linux.namespaces, 'pid');
  const left = kinOf(pid, own ? namespaceOf(pid) : undefined, processes());
  const runs = left.map((one) => [one, startTimeOf(one)] as const);
  for (const one of left) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It ended together with another process.
    }
  }
  const there = () => runs.some(([one, began]) => began !== undefined && startTimeOf(one) === began);
  for (
    let pause = 1, waited = 0;
    there() && waited < goneWithin;
    waited += pause, pause = Math.min(pause * 2, 50)
  )
    await sleep(pause);
}

/** Field 22 of /proc/<pid>/stat (proc(5)); undefined for a process that has ended. */
function startTimeOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may contain spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
