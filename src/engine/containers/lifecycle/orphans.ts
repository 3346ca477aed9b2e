import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { planCgroups } from '../../../runtime/cgroup/cgroup-plan.ts';
import { clearCgroups } from '../../../runtime/cgroup/live-cgroup.ts';
import { endShim } from '../../../runtime/shim/end-shim.ts';
import { connectShim } from '../../../runtime/shim/shim-client.ts';
import type { Engine } from '../../context.ts';
import { detachedMark } from '../../exec/exec-process.ts';
import { removeRunDirectory } from '../../store/remove-run-directory.ts';

/** Ids of the execs that the last engine left. To be read before this engine runs any exec, including health checks. */
export function execsLeft(engine: Pick<Engine, 'layout'>): readonly string[] {
  return names(engine.layout.execRuns);
}

/**
 * Removes run directories, shims and control groups of this engine root that belong to no running container, and
 * `execs` (execsLeft) that nobody waits for any more.
 */
export async function clearOrphans(engine: Engine, execs: readonly string[]): Promise<void> {
  const known = new Set(
    engine.containers
      .all()
      .filter((container) => container.up || container.launch !== undefined)
      .map((container) => container.id),
  );
  const runs = names(engine.layout.containerRuns).filter((id) => !known.has(id));
  await Promise.all(runs.map((id) => endOrphan(join(engine.layout.containerRuns, id))));
  await Promise.all(
    execs.map((id) => {
      const directory = join(engine.layout.execRuns, id);
      return existsSync(join(directory, detachedMark)) ? watchDetached(directory) : endOrphan(directory);
    }),
  );
  await clearCgroupLeftovers(engine, known);
}

/** Ends an exec or container that nobody waits for: it is killed and reaped, and its directory removed. */
async function endOrphan(directory: string): Promise<void> {
  try {
    await endShim(await connectShim(directory));
  } catch {
    // There is no shim: only the directory is left.
  }
  await removeRunDirectory(directory);
}

/** A detached exec keeps running; its shim is released when it ends. */
async function watchDetached(directory: string): Promise<void> {
  try {
    const shim = await connectShim(directory);
    const over = async (): Promise<void> => {
      await shim.reap().catch(() => {});
      shim.close();
      await removeRunDirectory(directory);
    };
    shim.onState((state) => {
      if (state.type === 'exited' || state.type === 'failed') void over();
    });
    shim.onClose(() => void removeRunDirectory(directory));
  } catch {
    await removeRunDirectory(directory);
  }
}

/**
 * The parents of the control groups of this engine root's containers, including those that only a limit, or another
 * runtime, makes.
 */
function cgroupParents(engine: Engine): Set<string> {
  const { cgroups } = engine.machine;
  if (cgroups.kind === 'none') return new Set();
  const group = `tcompose-${engine.instance}`;
  const others = cgroups.kind === 'v1' ? (cgroups.others ?? []).map((mount) => join(mount, group)) : [];
  const limited = { cpu: { shares: 2, cpus: '0' } };
  const probe = planCgroups(cgroups, `/${group}/probe`, limited).paths;
  return new Set([...Object.values(probe).map((path) => dirname(path)), ...others]);
}

/** Removes the control groups of this instance; those that are not empty stay. */
export function removeCgroupParents(engine: Engine): void {
  for (const parent of cgroupParents(engine)) {
    try {
      rmdirSync(parent);
    } catch {
      // Absent, or in use.
    }
  }
}

async function clearCgroupLeftovers(engine: Engine, known: ReadonlySet<string>): Promise<void> {
  const byId = new Map<string, Record<string, string>>();
  for (const parent of cgroupParents(engine)) {
    for (const id of names(parent)) {
      if (!/^[0-9a-f]{64}$/.test(basename(id)) || known.has(id)) continue;
      const paths = byId.get(id) ?? {};
      byId.set(id, { ...paths, [parent]: join(parent, id) });
    }
  }
  await Promise.all([...byId.values()].map((paths) => clearCgroups(paths)));
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
