import { existsSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { CgroupLayout } from '../../../runtime/cgroup/cgroup-layout.ts';
import type { Engine } from '../../context.ts';

type Who = Pick<Engine, 'machine' | 'instance' | 'log'> & { readonly keeper: { readonly pid: number } };

/**
 * cgroup v2: moves keeper and engine, and with the keeper every shim it will fork, from the group of the command that
 * started them to `/tcompose-<instance>/keeper`. When a session logs out or a service ends, everything in its group is
 * killed; that must not affect containers. The instance's group keeps its controllers enabled, so that nobody can
 * disable them above it. In v1 a process is in no single group, and nothing is done.
 */
export async function enterOwnGroup(engine: Who): Promise<void> {
  const { cgroups } = engine.machine;
  if (cgroups.kind !== 'v2') return;
  const { parent, own } = groups(cgroups, engine.instance);
  try {
    await mkdir(own, { recursive: true });
    const controllers = cgroups.controllers.map((name) => `+${name}`).join(' ');
    if (controllers !== '') await writeFile(`${parent}/cgroup.subtree_control`, controllers);
    const members = (await readFile(`${own}/cgroup.procs`, 'utf8')).split('\n').map(Number);
    for (const pid of [engine.keeper.pid, process.pid]) {
      if (!members.includes(pid)) await writeFile(`${own}/cgroup.procs`, String(pid));
    }
  } catch (error) {
    engine.log.warn(
      `keeper and engine stay in the control group of the command that started them: ${(error as Error).message}`,
    );
  }
}

/** At the very end: a group with processes in it can't be removed, so they move to a group that nobody accounts for. */
export function leaveOwnGroup(engine: Who): void {
  const { cgroups } = engine.machine;
  if (cgroups.kind !== 'v2') return;
  const { root, own } = groups(cgroups, engine.instance);
  // Only the machine's root group, which has no cgroup.type, may contain processes as well as other groups.
  const target = existsSync(`${root}/cgroup.type`) ? `${root}/init` : root;
  try {
    for (const pid of [engine.keeper.pid, process.pid]) writeFileSync(`${target}/cgroup.procs`, String(pid));
    rmdirSync(own);
  } catch {
    // The next engine uses the empty group.
  }
}

function groups(
  layout: Extract<CgroupLayout, { kind: 'v2' }>,
  instance: string,
): { readonly root: string; readonly parent: string; readonly own: string } {
  const root = `${layout.mountPoint}${layout.base}`;
  const parent = `${root}/tcompose-${instance}`;
  return { root, parent, own: `${parent}/keeper` };
}
