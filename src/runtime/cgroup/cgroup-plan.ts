import type { HostOp } from '../launch/launch-plan.ts';
import type { OciDeviceRule, OciResources } from '../spec/oci-types.ts';
import type { CgroupLayout, Controller } from './cgroup-layout.ts';
import { type LimitWrite, limitsV1, limitsV2, unifiedControllers } from './cgroup-limits.ts';
import { deviceFilter } from './device-filter.ts';

/** What one container needs from the control groups. */
export interface CgroupPlan {
  /** mkdir, limits, device rules, join: for LaunchPlan.host. */
  readonly host: readonly HostOp[];
  /** kill, rmdir: for LaunchPlan.teardown. */
  readonly teardown: readonly HostOp[];
  /** Absolute directories of the container's groups, by controller (v1) or under `unified` (v2): for stats, pause, kill. */
  readonly paths: Readonly<Record<string, string>>;
  /** File with the `oom_kill` count. */
  readonly oomCounter: string | undefined;
  /** Requested limits that this machine can't apply, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * v1 controllers that every container uses: devices (the only guard of device nodes), memory and cpuacct and blkio
 * (stats, OOM count), pids (stats, fork bombs), freezer (pause). cpu and cpuset only with a limit. Measured on a
 * 6.18 kernel for one controller: mkdir 12 to 24 µs (memory 79), rmdir 10 to 25, join 250 to 300 by writing a foreign
 * pid to cgroup.procs but 22 when init writes `0` to `tasks` itself, which spares the lock that stops every fork of the
 * machine.
 */
const always: readonly Controller[] = ['devices', 'memory', 'cpuacct', 'pids', 'freezer', 'blkio'];

/** Directories, limits, device rules and their removal, in order. Pure. `path` has the form `/tcompose-<instance>/<id>`. */
export function planCgroups(layout: CgroupLayout, path: string, resources: OciResources): CgroupPlan {
  switch (layout.kind) {
    case 'v1':
      return planV1(layout, path, resources);
    case 'v2':
      return planV2(layout, path, resources);
    case 'none': {
      const asked = Object.keys(resources).filter((name) => name !== 'devices');
      const warnings =
        asked.length === 0 ? [] : [`limits (${asked.join(', ')}) are not applied: ${layout.reason}`];
      return { host: [], teardown: [], paths: {}, oomCounter: undefined, warnings };
    }
  }
}

/** A change of a running container's limits (docker update). */
export interface CgroupUpdate {
  /**
   * Groups that the container has to be in for these limits. A missing one (cgroup v1 has cpu and cpuset only with a
   * limit) is made, and the container's processes are moved into it.
   */
  readonly groups: readonly string[];
  /** mkdir (of missing groups) and write, in order; a limit may have to wait for the one after it. */
  readonly steps: readonly Extract<HostOp, { op: 'mkdir' | 'write' }>[];
  readonly warnings: readonly string[];
}

/** Plans new limits of a running container; `resources` has all of its limits, changed or not. Device rules stay. Pure. */
export function planCgroupUpdate(layout: CgroupLayout, path: string, resources: OciResources): CgroupUpdate {
  const { host, warnings, paths } = planCgroups(layout, path, { ...resources, devices: [] });
  const steps = host.flatMap((op) =>
    op.op === 'mkdir' || (op.op === 'write' && !op.path.endsWith('/cgroup.subtree_control')) ? [op] : [],
  );
  return { groups: [...new Set(Object.values(paths))], steps, warnings };
}

function planV1(
  layout: Extract<CgroupLayout, { kind: 'v1' }>,
  path: string,
  resources: OciResources,
): CgroupPlan {
  const { writes, needs } = limitsV1(resources);
  const wanted = [...always, ...needs.filter((name) => !always.includes(name))];
  const missing = needs.filter((name) => layout.mounts[name] === undefined);
  const used = wanted.filter((name) => layout.mounts[name] !== undefined);
  const paths: Record<string, string> = {};
  for (const name of used) {
    const { mountPoint, base } = layout.mounts[name]!;
    paths[name] = `${mountPoint}${base}${path}`;
  }
  const host: HostOp[] = [];
  const made = new Set<string>();
  for (const name of used) {
    const { mountPoint, base } = layout.mounts[name]!;
    for (const directory of ancestors(`${mountPoint}${base}`, path)) {
      if (!made.has(directory)) host.push(mkdir(directory));
      made.add(directory);
      if (name === 'cpuset' && layout.cpuset !== undefined) {
        host.push(write(`${directory}/cpuset.cpus`, layout.cpuset.cpus));
        host.push(write(`${directory}/cpuset.mems`, layout.cpuset.mems));
      }
    }
  }
  for (const limit of writes) {
    const directory = paths[limit.controller];
    if (directory !== undefined) host.push(limitOp(directory, limit));
  }
  if (paths.devices !== undefined) {
    for (const { file, data } of deviceWrites(resources.devices ?? []))
      host.push(write(`${paths.devices}/${file}`, data));
  }
  const directories = [...new Set(Object.values(paths))];
  for (const directory of directories) {
    host.push({ op: 'join-cgroup', path: `${directory}/tasks`, optional: false });
  }
  return {
    host,
    teardown: teardown(directories),
    paths,
    oomCounter: paths.memory === undefined ? undefined : `${paths.memory}/memory.oom_control`,
    warnings: missing.map(
      (name) => `limits on ${name} are not applied: there is no such control group controller for our groups`,
    ),
  };
}

function planV2(
  layout: Extract<CgroupLayout, { kind: 'v2' }>,
  path: string,
  resources: OciResources,
): CgroupPlan {
  const root = `${layout.mountPoint}${layout.base}`;
  const directory = `${root}${path}`;
  const { writes, needs, warnings } = limitsV2(resources);
  const available = unifiedControllers.filter((name) => layout.controllers.includes(name));
  const enable = available.map((name) => `+${name}`).join(' ');
  const missing = needs.filter((name) => !layout.controllers.includes(name));
  const host: HostOp[] = [];
  // At the root itself they are enabled already: enableControllers.
  for (const parent of ancestors(root, path).slice(0, -1)) {
    host.push(mkdir(parent));
    if (enable !== '') host.push(write(`${parent}/cgroup.subtree_control`, enable));
  }
  host.push(mkdir(directory));
  for (const limit of writes) {
    if (limit.controller === '' || layout.controllers.includes(limit.controller)) {
      host.push(limitOp(directory, limit));
    }
  }
  const rules = resources.devices;
  if (rules !== undefined && !allowsEverything(rules)) {
    host.push({ op: 'device-filter', cgroup: directory, program: deviceFilter(rules) });
  }
  host.push({ op: 'join-cgroup', path: `${directory}/cgroup.procs`, optional: false });
  return {
    host,
    teardown: teardown([directory]),
    paths: { unified: directory },
    oomCounter: layout.controllers.includes('memory') ? `${directory}/memory.events` : undefined,
    warnings: [
      ...warnings,
      ...missing.map(
        (name) =>
          `limits on ${name} are not applied: there is no such control group controller for our groups`,
      ),
    ],
  };
}

/** `/a/b` under root → [root/a, root/a/b]. */
function ancestors(root: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.map((_, index) => `${root}/${parts.slice(0, index + 1).join('/')}`);
}

function mkdir(path: string): HostOp {
  return { op: 'mkdir', path, mode: 0o755, existOk: true };
}

function write(path: string, data: string): HostOp {
  return { op: 'write', path, data, optional: false };
}

function limitOp(directory: string, limit: LimitWrite): HostOp {
  return { op: 'write', path: `${directory}/${limit.file}`, data: limit.data, optional: limit.optional };
}

/** One kill is enough: a container's processes are in all of its groups. */
function teardown(directories: readonly string[]): HostOp[] {
  const [one] = directories;
  if (one === undefined) return [];
  return [{ op: 'kill-cgroup', path: one }, ...directories.map((path): HostOp => ({ op: 'rmdir', path }))];
}

/** Whether the last rule of a list allows everything (privileged containers). */
export function allowsEverything(rules: readonly OciDeviceRule[]): boolean {
  const last = rules.at(-1);
  return last?.allow === true && isWhole(last);
}

function isWhole(rule: OciDeviceRule): boolean {
  const all =
    (rule.access ?? 'rwm') === '' || [...'rwm'].every((letter) => (rule.access ?? 'rwm').includes(letter));
  return all && (rule.type ?? 'a') === 'a' && wild(rule.major) && wild(rule.minor);
}

function wild(number: number | undefined): boolean {
  return number === undefined || number < 0;
}

/** devices.allow and devices.deny of cgroup v1 (Documentation/admin-guide/cgroup-v1/devices.rst), in rule order. */
function deviceWrites(rules: readonly OciDeviceRule[]): { file: string; data: string }[] {
  return rules.map((rule) => {
    const file = rule.allow ? 'devices.allow' : 'devices.deny';
    if (isWhole(rule)) return { file, data: 'a' };
    const number = (value: number | undefined): string => (wild(value) ? '*' : String(value));
    return {
      file,
      data: `${rule.type ?? 'a'} ${number(rule.major)}:${number(rule.minor)} ${rule.access || 'rwm'}`,
    };
  });
}
