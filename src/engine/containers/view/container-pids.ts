import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { cgroupPids } from '../../../runtime/cgroup/live-cgroup.ts';
import { ownsNamespace } from '../../../runtime/spec/spec-namespaces.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import { cgroupPaths } from '../host/cgroup.ts';

/** A process by what tells whose it is. */
interface Kin {
  readonly pid: number;
  readonly parent: number;
  /** Link of its pid namespace; undefined where that can't be read. */
  readonly namespace: string | undefined;
}

/**
 * Processes of a running container, as the machine numbers them: by its control groups, and where there are none by its pid
 * namespace and by descent.
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

/** `init`, what is in its namespace, and what descends from any of them. Pure. */
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

/** All processes that this one sees. */
export const processes = (): Kin[] =>
  readdirSync('/proc')
    .map(Number)
    .flatMap((pid) => {
      if (!(pid > 0)) return [];
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        // Field 2 may hold spaces and brackets; those after the last bracket are plain (proc_pid_stat(5)).
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return [{ pid, parent, namespace: namespaceOf(pid) }];
      } catch {
        return [];
      }
    });

/** Link of a process's pid namespace; undefined for what can't be looked at. */
export function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
