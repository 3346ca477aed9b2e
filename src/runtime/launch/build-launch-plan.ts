import { TcomposeError } from '../../errors.ts';
import { allowsEverything, type CgroupPlan, planCgroups } from '../cgroup/cgroup-plan.ts';
import { capabilityMask } from '../spec/capabilities.ts';
import { checkSpec } from '../spec/check/check-spec.ts';
import { runtimeDeviceRules } from '../spec/device-rules.ts';
import type { OciNamespaceType, OciSpec } from '../spec/oci-types.ts';
import type { MachineFacts } from '../spec/spec-input.ts';
import type { LaunchContext } from './launch-context.ts';
import type { HookPlan, NamespaceSource } from './launch-options.ts';
import type { HostOp, LaunchPlan, NamespacePlan } from './launch-plan.ts';
import { mapText } from './plan-mount-options.ts';
import { processPlan } from './plan-process.ts';
import { setupOps } from './plan-setup.ts';

/** OCI spec + context → plan. Pure. Throws RUNTIME_* for what can't be done, or is not allowed (checkSpec). */
export function buildLaunchPlan(spec: OciSpec, context: LaunchContext): LaunchPlan {
  checkSpec(spec);
  const cgroups = cgroupsOf(spec, context);
  const { linux } = spec;
  return {
    kind: 'run',
    id: context.id,
    runDir: context.runDir,
    stdio: context.stdio,
    ...(context.log === undefined ? {} : { log: context.log }),
    waitForStart: context.waitForStart ?? false,
    ...(cgroups.oomCounter === undefined ? {} : { oomCounter: cgroups.oomCounter }),
    host: [...cgroups.host, ...(context.attach?.host ?? []), ...enterHome(spec, context.machine)],
    namespaces: namespacePlan(spec),
    ...(linux.uidMappings === undefined || linux.gidMappings === undefined
      ? {}
      : { userMaps: { uid: mapText(linux.uidMappings), gid: mapText(linux.gidMappings) } }),
    network: context.attach?.network ?? [],
    setup: setupOps(spec, context, cgroups),
    process: processPlan(spec, {
      // Only for a container with its own pid namespace, as in Docker: elsewhere it would not be the first process.
      init: context.init && spec.linux.namespaces.some(({ type, path }) => type === 'pid' && !path),
      machine: context.machine,
      mayMakeNodes: guardsDevices(context.machine),
    }),
    teardown: cgroups.teardown,
    ...timeNamespace(spec),
    ...(context.caller === undefined ? {} : { caller: context.caller }),
    ...(context.hooks === undefined ? {} : { hooks: { state: context.hooks, list: launchHooks(spec) } }),
  };
}

/** Once the monitor has what it needs from the machine's network, it moves to the network where the bridges are. */
function enterHome({ linux }: OciSpec, { networkHome }: MachineFacts): HostOp[] {
  const own = linux.namespaces.some(({ type }) => type === 'network');
  return networkHome === undefined || !own ? [] : [{ op: 'enter-network', path: networkHome }];
}

function timeNamespace({ linux }: OciSpec): Pick<LaunchPlan, 'timeNamespace'> {
  const namespace = linux.namespaces.find(({ type }) => type === 'time');
  if (namespace === undefined) return {};
  const offsets = Object.entries(linux.timeOffsets ?? {}).map(
    ([clock, offset]) => `${clock} ${offset?.secs ?? 0} ${offset?.nanosecs ?? 0}\n`,
  );
  const source = namespace.path ? { path: namespace.path } : 'new';
  return { timeNamespace: { source, offsets: offsets.join('') } };
}

/** Hooks that run before the command; poststart and poststop are left to the caller. */
function launchHooks({ hooks = {} }: OciSpec): HookPlan[] {
  const points = ['prestart', 'createRuntime', 'createContainer', 'startContainer'] as const;
  return points.flatMap((point) =>
    (hooks[point] ?? []).map(({ path, args = [], env = [], timeout = 0 }) => ({
      point,
      path,
      args,
      env,
      timeout,
    })),
  );
}

/** Warnings from the translation (limits that this machine can't apply …), one sentence each. */
export function launchWarnings(spec: OciSpec, context: LaunchContext): string[] {
  const warnings = [...cgroupsOf(spec, context).warnings];
  const bounding = capabilityMask(spec.process.capabilities?.bounding, context.machine.lastCapability);
  if (!guardsDevices(context.machine) && (bounding & capabilityMask(['CAP_MKNOD'], 63)) !== 0n) {
    warnings.push('CAP_MKNOD is taken away: no control group on this machine restricts device nodes');
  }
  return warnings;
}

/** Device rules need privileges on the whole machine, and in a user namespace no nodes can be made: there they are skipped. */
function cgroupsOf(spec: OciSpec, context: LaunchContext): CgroupPlan {
  const { devices: rules = [], ...limits } = spec.linux.resources ?? {};
  const path = spec.linux.cgroupsPath ?? `/tcompose-oci-${context.id}`;
  const { cgroups, userNamespace } = context.machine;
  if (cgroups.kind === 'v1' && Object.keys(limits.unified ?? {}).length > 0)
    throw new TcomposeError('RUNTIME_RESOURCES', 'resources.unified is set, and this machine has cgroup v1');
  if (userNamespace) return planCgroups(cgroups, path, limits);
  const open = allowsEverything(rules) && rules.length === 1;
  const devices = open
    ? rules
    : [...(rules.length === 0 ? [{ allow: false, access: 'rwm' }] : rules), ...runtimeDeviceRules];
  return planCgroups(cgroups, path, { ...limits, devices });
}

/** Whether opening device nodes is restricted by a control group, or by a user namespace in which no nodes can be made. */
function guardsDevices({ cgroups, userNamespace }: MachineFacts): boolean {
  return (
    userNamespace || cgroups.kind === 'v2' || (cgroups.kind === 'v1' && cgroups.mounts.devices !== undefined)
  );
}

function namespacePlan(spec: OciSpec): NamespacePlan {
  const source = (type: OciNamespaceType): NamespaceSource => {
    const namespace = spec.linux.namespaces.find((one) => one.type === type);
    if (namespace === undefined) return 'host';
    return namespace.path === undefined || namespace.path === '' ? 'new' : { path: namespace.path };
  };
  return {
    mount: source('mount'),
    pid: source('pid'),
    net: source('network'),
    ipc: source('ipc'),
    uts: source('uts'),
    cgroup: source('cgroup'),
    user: source('user'),
  };
}
