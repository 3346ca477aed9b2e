import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A process in the namespaces of the engine at `run` through which they can be entered: the holder, else the keeper,
 * else the shim of a container that outlived both. Undefined when there is none, and new namespaces are needed.
 */
export function findNamespaces(run: string): number | undefined {
  for (const name of ['holder.pid', 'keeper.pid']) {
    const pid = Number.parseInt(read(join(run, name)), 10);
    // Pids are reused: the process title says which engine it belongs to.
    if (pid > 1 && title(pid).includes(` ${run}`) && isElsewhere(pid)) return pid;
  }
  const containers = new Set(containersOf(run));
  if (containers.size === 0) return undefined;
  return list('/proc')
    .map(Number)
    .find((pid) => pid > 1 && containers.has(shimOf(pid)) && isElsewhere(pid));
}

/** The container that a shim process serves; '' for other processes. */
const shimOf = (pid: number): string => /^tcompose-shim ([0-9a-f]{64})/.exec(title(pid))?.[1] ?? '';

const title = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

/** Whether a process is in another user namespace than this one. */
function isElsewhere(pid: number): boolean {
  const theirs = namespaceOf(String(pid));
  return theirs !== undefined && theirs !== namespaceOf('self');
}

const containersOf = (run: string): string[] => list(join(run, 'c'));

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`);
  } catch {
    return undefined;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
