import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { CgroupLayout } from './cgroup-layout.ts';
import { unifiedControllers } from './cgroup-limits.ts';

/** The kernel's control group files; synchronous calls that take microseconds. */
export interface CgroupFiles {
  /** '' when unreadable or missing. */
  read(path: string): string;
  /** Throws with `code` (EBUSY, ENOENT, …). */
  write(path: string, data: string): void;
  /** An existing directory is not an error. */
  mkdir(path: string): void;
}

const cgroupFiles: CgroupFiles = {
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  },
  write: (path, data) => writeFileSync(path, data),
  mkdir: (path) => void mkdirSync(path, { recursive: true }),
};

/**
 * Enables every controller that tcompose uses for the groups below the layout's base, and returns the layout with those
 * that are enabled: plans that are made from it don't need a missing controller. One write each, because the kernel
 * takes several together or not at all, and may refuse one (cpu while there are real-time processes). A v1 layout is
 * returned unchanged.
 *
 * The machine's root group may contain processes and have controllers enabled (cgroup-v2.rst, "No Internal Process
 * Constraint"). No other group may: with controllers that support threads it would even become a group whose children
 * can't contain processes. So in a container whose init is in the root of its control group namespace, all processes
 * are moved one level down, to `init`, where the container's limits still apply to them; the same is done with the
 * processes in a group that was made for the engine.
 */
export function enableControllers(
  layout: CgroupLayout,
  files: CgroupFiles = cgroupFiles,
): { readonly layout: CgroupLayout; readonly problems: readonly string[] } {
  if (layout.kind !== 'v2') return { layout, problems: [] };
  const root = `${layout.mountPoint}${layout.base}`;
  const control = `${root}/cgroup.subtree_control`;
  const enabled = new Set(words(files.read(control)));
  const missing = unifiedControllers.filter(
    (name) => layout.controllers.includes(name) && !enabled.has(name),
  );
  const problems: string[] = [];
  if (missing.length > 0 && !makeRoom(layout, root, files)) {
    problems.push(`limits on ${missing.join(', ')} cannot be set: processes are in ${root} itself`);
  } else {
    for (const name of missing) {
      const refusal = tryWrite(files, control, `+${name}`);
      if (refusal === undefined) enabled.add(name);
      else problems.push(`limits on ${name} cannot be set: ${control} refuses the controller (${refusal})`);
    }
  }
  const controllers = unifiedControllers.filter((name) => enabled.has(name));
  return { layout: { ...layout, controllers }, problems };
}

/** Whether controllers may be enabled below a group: the machine's root (no cgroup.type), or a group without processes. */
function makeRoom(
  { base, made }: Extract<CgroupLayout, { kind: 'v2' }>,
  root: string,
  files: CgroupFiles,
): boolean {
  if (files.read(`${root}/cgroup.type`) === '') return true;
  const initIsHere = files.read('/proc/1/cgroup').split('\n').includes('0::/');
  if (made || (base === '' && initIsHere)) moveDown(root, files);
  return words(files.read(`${root}/cgroup.procs`)).length === 0;
}

function moveDown(root: string, files: CgroupFiles): void {
  const leaf = `${root}/init`;
  files.mkdir(leaf);
  // Processes may fork meanwhile; a pid of 0 is a process that this pid namespace can't see.
  for (let round = 0; round < 10; round++) {
    const pids = words(files.read(`${root}/cgroup.procs`)).filter((pid) => pid !== '0');
    if (pids.length === 0) return;
    for (const pid of pids) tryWrite(files, `${leaf}/cgroup.procs`, pid);
  }
}

function tryWrite(files: CgroupFiles, path: string, data: string): string | undefined {
  try {
    files.write(path, data);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}
