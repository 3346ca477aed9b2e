import { TcomposeError } from '../../errors.ts';
import { planCgroups } from '../cgroup/cgroup-plan.ts';
import { allCapabilities, capabilityMask } from '../spec/capabilities.ts';
import type { OciSpec } from '../spec/oci-types.ts';
import { homeFromAccounts, type MachineFacts } from '../spec/spec-input.ts';
import type { ResolvedUser } from '../spec/users.ts';
import type { LaunchPlan } from './launch-plan.ts';
import { processPlan } from './plan-process.ts';

export interface ExecInput {
  /** 64 hex digits. */
  readonly id: string;
  readonly runDir: string;
  readonly stdio: LaunchPlan['stdio'];
  /** The running container. `spec` is the one it was launched with. */
  readonly container: {
    readonly pid: number;
    readonly startTime: bigint;
    readonly spec: OciSpec;
  };
  readonly args: readonly string[];
  /** Added to the container's environment. */
  readonly env: readonly string[];
  /** '' or absent: the container's. */
  readonly cwd?: string;
  /** Absent: the container's user. */
  readonly user?: ResolvedUser;
  readonly privileged: boolean;
  readonly machine: MachineFacts;
  /** LaunchPlan.waitForStart; default false. */
  readonly waitForStart?: boolean;
}

/**
 * The plan of a process in a running container (`docker exec`): the container's namespaces, control groups, limits and
 * seccomp filter, and its bounding set (all capabilities and no filter if privileged). Pure. Throws RUNTIME_NO_COMMAND,
 * RUNTIME_MOUNT for a relative directory.
 */
export function buildExecPlan(input: ExecInput): LaunchPlan {
  const { container, machine, user } = input;
  const { spec } = container;
  if (input.args.length === 0) throw new TcomposeError('RUNTIME_NO_COMMAND', 'no exec command specified');
  const cwd = input.cwd || spec.process.cwd;
  if (!cwd.startsWith('/')) {
    throw new TcomposeError(
      'RUNTIME_MOUNT',
      `the working directory '${cwd}' of an exec is not an absolute path`,
      {
        hint: `Write it as /${cwd}.`,
      },
    );
  }
  const bounding = input.privileged
    ? allCapabilities(machine.lastCapability)
    : (spec.process.capabilities?.bounding ?? []);
  const asRoot = (user?.uid ?? spec.process.user.uid) === 0;
  const base = processPlan(spec, { init: false, machine, mayMakeNodes: true });
  const { seccomp, ...unfiltered } = base;
  const mask = capabilityMask(bounding, machine.lastCapability);
  return {
    kind: 'exec',
    id: input.id,
    runDir: input.runDir,
    stdio: input.stdio,
    waitForStart: input.waitForStart ?? false,
    host: joins(input),
    namespaces: {
      mount: 'host',
      pid: 'host',
      net: 'host',
      ipc: 'host',
      uts: 'host',
      cgroup: 'host',
      user: 'host',
    },
    network: [],
    setup: [],
    process: {
      ...unfiltered,
      ...(seccomp === undefined || input.privileged ? {} : { seccomp }),
      argv: input.args,
      env: execEnvironment(input),
      cwd,
      uid: user?.uid ?? base.uid,
      gid: user?.gid ?? base.gid,
      groups: user?.groups ?? base.groups,
      capabilities: {
        bounding: mask,
        effective: asRoot ? mask : 0n,
        permitted: asRoot ? mask : 0n,
        inheritable: 0n,
        ambient: 0n,
      },
      joinPid: container.pid,
      joinStartTime: container.startTime,
    },
    teardown: [],
  };
}

function joins({ container, machine }: ExecInput): LaunchPlan['host'] {
  const path = container.spec.linux.cgroupsPath;
  if (path === undefined) return [];
  const { host } = planCgroups(machine.cgroups, path, container.spec.linux.resources ?? {});
  return host.filter((op) => op.op === 'join-cgroup');
}

function execEnvironment({ container, env, stdio, user }: ExecInput): string[] {
  const { spec } = container;
  const variables = new Map<string, string>();
  const put = (entry: string): void => {
    const at = entry.indexOf('=');
    if (at > 0) variables.set(entry.slice(0, at), entry.slice(at + 1));
    else if (at < 0) variables.delete(entry);
  };
  for (const entry of spec.process.env) put(entry);
  if (user !== undefined && spec.annotations?.[homeFromAccounts] === 'true') variables.set('HOME', user.home);
  if (stdio.tty && !variables.has('TERM')) variables.set('TERM', 'xterm');
  for (const entry of env) put(entry);
  return [...variables].map(([name, value]) => `${name}=${value}`);
}
