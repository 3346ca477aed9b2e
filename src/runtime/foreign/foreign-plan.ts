import type { CgroupLayout } from '../cgroup/cgroup-layout.ts';
import type { ForeignPlan, HostOp, LaunchPlan } from '../launch/launch-plan.ts';
import { type ForeignLauncher, foreignCommand, foreignDelete, foreignEnvironment } from './launcher.ts';

const terminal = ['--console-socket', 'terminal.sock'];

/**
 * The plan of a container for another runtime, derived from our own: addresses, ports, output and the root's mount
 * remain our task; the runtime handles namespaces, control groups, limits and the process, by the bundle's config.json.
 */
export function foreignRunPlan(
  plan: LaunchPlan,
  launcher: ForeignLauncher,
  context: {
    readonly layout: CgroupLayout;
    /** Of the container's control group. */
    readonly group: string | undefined;
    readonly sources: ForeignPlan['sources'];
  },
): LaunchPlan {
  const { bundle, id } = launcher;
  const foreign: ForeignPlan = {
    bundle,
    env: foreignEnvironment(),
    create: foreignCommand(
      launcher,
      bundle,
      'create',
      '--bundle',
      bundle,
      '--pid-file',
      `${bundle}/runtime.pid`,
      ...(plan.stdio.tty ? terminal : []),
      id,
    ),
    start: foreignCommand(launcher, bundle, 'start', id),
    kill: foreignCommand(launcher, bundle, 'kill', id),
    delete: foreignDelete(launcher),
    hide: launcher.hide,
    sources: context.sources,
  };
  return {
    ...unfiltered(plan),
    host: plan.host.filter(({ op }) => op === 'hold-socket'),
    setup: plan.setup.filter(({ op }) => op === 'rootfs-overlay'),
    teardown: [...plan.teardown, ...moreGroups(plan, context.layout, context.group)],
    foreign,
  };
}

/** A runtime makes a group in every v1 hierarchy; its `delete` removes them, if its program still exists then. */
function moreGroups(plan: LaunchPlan, layout: CgroupLayout, path: string | undefined): HostOp[] {
  if (layout.kind !== 'v1' || path === undefined) return [];
  const own = new Set(plan.teardown.flatMap((op) => (op.op === 'rmdir' ? [op.path] : [])));
  const mounts = [
    ...Object.values(layout.mounts).map(({ mountPoint }) => mountPoint),
    ...(layout.others ?? []),
  ];
  return [...new Set(mounts.map((mount) => `${mount}${path}`))]
    .filter((group) => !own.has(group))
    .map((group): HostOp => ({ op: 'rmdir', path: group }));
}

/**
 * The plan of an exec in a container of another runtime; `bundle` is the exec's own directory, which contains its
 * process.json.
 */
export function foreignExecPlan(plan: LaunchPlan, launcher: ForeignLauncher, bundle: string): LaunchPlan {
  const foreign: ForeignPlan = {
    bundle,
    env: foreignEnvironment(),
    create: foreignCommand(
      launcher,
      bundle,
      'exec',
      '--process',
      `${bundle}/process.json`,
      '--pid-file',
      `${bundle}/runtime.pid`,
      '--detach',
      ...(plan.stdio.tty ? terminal : []),
      launcher.id,
    ),
    start: [],
    kill: [],
    delete: [],
    hide: launcher.hide,
    sources: [],
  };
  const mount = launcher.hide.length === 0 ? 'host' : 'new';
  return {
    ...unfiltered(plan),
    host: [],
    namespaces: { ...plan.namespaces, mount },
    foreign,
  };
}

/** The seccomp program is the longest part of a plan, and the other runtime loads it. */
function unfiltered(plan: LaunchPlan): LaunchPlan {
  const { seccomp: _, ...process } = plan.process;
  return { ...plan, process };
}
