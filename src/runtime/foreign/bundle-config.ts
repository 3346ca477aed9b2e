import type { CgroupLayout } from '../cgroup/cgroup-layout.ts';
import type { RootfsContext } from '../launch/launch-context.ts';
import type { LaunchPlan } from '../launch/launch-plan.ts';
import { allCapabilities } from '../spec/capabilities.ts';
import type { OciCapabilities, OciMount, OciProcess, OciSpec } from '../spec/oci-types.ts';
import type { MachineFacts } from '../spec/spec-input.ts';
import type { ForeignLauncher } from './launcher.ts';

/** What the bundle for another runtime needs besides the spec. */
interface BundleContext {
  readonly launcher: ForeignLauncher;
  readonly rootfs: RootfsContext;
  /** Our own runtime's plan for this container. */
  readonly plan: LaunchPlan;
  readonly machine: MachineFacts;
  /** Mounts by target whose source is in the bundle, with its name there. */
  readonly sources: ReadonlyMap<string, string>;
  /** HostConfig.Init: the host path of our static binary. If absent, the command is pid 1. */
  readonly init?: string;
}

/** None of the fields used is newer; crun before 1.9 refuses every other minor version. */
const ociVersion = '1.0.2';

/** Path of our init in the container; main.c recognises itself by the last part of the name. */
const initPath = '/dev/tcompose-init';

/**
 * config.json for another runtime: our spec, with paths of this machine that our own plan determines itself (root,
 * network namespace, control group), and with everything that the plan does implicitly (binds of the image, init,
 * terminal).
 */
export function bundleConfig(spec: OciSpec, context: BundleContext): OciSpec {
  const { launcher, rootfs, plan, machine, init } = context;
  const { cgroupsPath } = spec.linux;
  return {
    ...spec,
    ociVersion,
    root: { ...spec.root, path: rootfs.kind === 'overlay' ? rootfs.mountPoint : rootfs.path },
    process: {
      ...withTerminal(spec.process, plan.stdio),
      capabilities: capabilities(plan, machine),
      ...(init === undefined ? {} : { args: [initPath, ...spec.process.args] }),
    },
    mounts: [
      ...imageBinds(rootfs),
      ...spec.mounts.map(({ below: _, ...mount }) => {
        const name = context.sources.get(mount.destination);
        return name === undefined ? mount : { ...mount, source: `${launcher.bundle}/${name}` };
      }),
      ...(init === undefined ? [] : [bind(init, initPath, ['bind', 'ro', 'nosuid', 'nodev'])]),
    ],
    linux: {
      ...spec.linux,
      namespaces: spec.linux.namespaces.map((one) =>
        one.type === 'network' && one.path === undefined ? { ...one, path: `${launcher.bundle}/netns` } : one,
      ),
      ...(cgroupsPath === undefined ? {} : { cgroupsPath: `${cgroupBase(machine.cgroups)}${cgroupsPath}` }),
    },
  };
}

/** process.json of an exec, derived from the plan for our own runtime. */
export function execProcess(plan: LaunchPlan, spec: OciSpec, machine: MachineFacts): OciProcess {
  const { process: wanted } = plan;
  return {
    ...withTerminal(spec.process, plan.stdio),
    user: {
      uid: wanted.uid,
      gid: wanted.gid,
      ...(wanted.umask === undefined ? {} : { umask: wanted.umask }),
      ...(wanted.groups.length === 0 ? {} : { additionalGids: wanted.groups }),
    },
    args: wanted.argv,
    env: wanted.env,
    cwd: wanted.cwd,
    capabilities: capabilities(plan, machine),
  };
}

/** The capabilities in the plan: without those that this machine can't restrict. */
function capabilities({ process }: LaunchPlan, { lastCapability }: MachineFacts): OciCapabilities {
  const names = allCapabilities(lastCapability);
  const named = (mask: bigint): string[] => names.filter((_, bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
  const { bounding, effective, permitted, inheritable, ambient } = process.capabilities;
  return {
    bounding: named(bounding),
    effective: named(effective),
    permitted: named(permitted),
    inheritable: named(inheritable),
    ambient: named(ambient),
  };
}

function withTerminal(process: OciProcess, { tty, rows, columns }: LaunchPlan['stdio']): OciProcess {
  const { terminal: _, consoleSize: __, ...rest } = process;
  if (!tty) return rest;
  return {
    ...rest,
    terminal: true,
    ...(rows > 0 && columns > 0 ? { consoleSize: { height: rows, width: columns } } : {}),
  };
}

function imageBinds({ binds = [] }: RootfsContext): OciMount[] {
  return binds.map(({ source, target, recursive, readOnly }) =>
    bind(source, target, [
      recursive ? 'rbind' : 'bind',
      'rprivate',
      'nodev',
      ...(readOnly ? ['ro', 'nosuid'] : []),
    ]),
  );
}

function bind(source: string, destination: string, options: readonly string[]): OciMount {
  return { destination, type: 'bind', source, options };
}

/** Our groups may begin below a delegated one; other runtimes take paths from the root of the tree. */
function cgroupBase(layout: CgroupLayout): string {
  return layout.kind === 'v2' ? layout.base : '';
}
