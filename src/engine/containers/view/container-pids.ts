import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { cgroupPids } from '../../../runtime/cgroup/live-cgroup.ts';
import { ownsNamespace } from '../../../runtime/spec/spec-namespaces.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import { cgroupPaths } from '../host/cgroup.ts';

/** A process, with what shows to which container it belongs. */
interface Kin {
  readonly pid: number;
  readonly parent: number;
  /** Link of its pid namespace; undefined if it can't be read. */
  readonly namespace: string | undefined;
}

/**
 * Processes of a running container, with the machine's pids: found by its control groups, or, if it has none, by its
 * pid namespace and by descent.
 */
export function containerPids(engine: Pick<Engine, 'machine'>, container: Container): number[] {
  const { launch, state } = container;
  if (launch === undefined || (state.status !== 'running' && state.status !== 'paused')) return [];
  const init = state.process.pid;
  const paths = cgroupPaths(engine, launch.spec);
  if (Object.keys(paths).length > 0) return cgroupPids(paths);
  const own = ownsNamespace(launch.spec.linux.namespaces, 'pid') ? namespaceOf(init) : undefined;
  return kinOf(init, own, processes());
}

/** `init`, the processes in its namespace, and all their descendants. Pure. */
export function kinOf(init: number, namespace: string | undefined, all: readonly Kin[]): number[] {
  const children = new Map<number, number[]>();
  for (const { pid, parent } of all) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const found = new Set<number>();
  const visit = (pid: number): void => {
    if (found.has(pid)) return;
    found.add(pid);
    for (const child of children.get(pid) ?? []) visit(child);
  };
  for (const one of all)
    if (one.pid === init || (namespace !== undefined && one.namespace === namespace)) visit(one.pid);
  return [...found];
}

/** All processes that this process can see. */
export const processes = (): Kin[] =>
  readdirSync('/proc')
    .map(Number)
    .flatMap((pid) => {
      if (!(pid > 0)) return [];
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        // Field 2 may contain spaces and parentheses; the fields after the last parenthesis are plain
        // (proc_pid_stat(5)).
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return [{ pid, parent, namespace: namespaceOf(pid) }];
      } catch {
        return [];
      }
    });

/** Link of a process's pid namespace; undefined if it can't be read. */
export function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
