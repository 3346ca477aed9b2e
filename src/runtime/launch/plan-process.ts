import { compileSeccomp } from '../seccomp/compile.ts';
import { capabilityMask } from '../spec/capabilities.ts';
import type { OciSeccomp, OciSpec } from '../spec/oci-types.ts';
import { keepGroups, type MachineFacts } from '../spec/spec-input.ts';
import { rlimitNumber } from '../spec/ulimits.ts';
import type { CapabilitySets, ProcessPlan } from './launch-plan.ts';
import { processOptions } from './plan-process-options.ts';

/** `process` of the spec in the form of the launch plan. */
export function processPlan(
  spec: OciSpec,
  options: { readonly init: boolean; readonly machine: MachineFacts; readonly mayMakeNodes: boolean },
): ProcessPlan {
  const { linux, process: wanted } = spec;
  const seccomp = seccompProgram(linux.seccomp, options.machine.architecture);
  return {
    argv: wanted.args,
    env: wanted.env,
    cwd: wanted.cwd,
    uid: wanted.user.uid,
    gid: wanted.user.gid,
    groups: wanted.user.additionalGids ?? [],
    // Nobody may get root's own groups.
    keepGroups: options.machine.userNamespace && spec.annotations?.[keepGroups] === '1',
    ...(wanted.user.umask === undefined ? {} : { umask: wanted.user.umask }),
    capabilities: capabilitySets(spec, options),
    noNewPrivileges: wanted.noNewPrivileges ?? false,
    ...(seccomp === undefined ? {} : { seccomp }),
    rlimits: (wanted.rlimits ?? []).map(({ type, soft, hard }) => ({
      resource: rlimitNumber(type),
      soft: limitOf(soft),
      hard: limitOf(hard),
    })),
    ...(wanted.oomScoreAdj === undefined ? {} : { oomScoreAdj: wanted.oomScoreAdj }),
    init: options.init,
    ...processOptions(spec),
  };
}

/** -1 for no limit; Go writes RLIM_INFINITY as a number that JavaScript rounds to 2⁶⁴. */
function limitOf(value: number): bigint {
  return value === -1 || value >= 2 ** 64 ? -1n : BigInt(value);
}

/** Inheritable stays empty for our own specs: a file with inheritable capabilities must not provide them (CVE-2022-27650). */
function capabilitySets(
  spec: OciSpec,
  { machine, mayMakeNodes }: { readonly machine: MachineFacts; readonly mayMakeNodes: boolean },
): CapabilitySets {
  const sets = spec.process.capabilities ?? {};
  const keep = mayMakeNodes ? ~0n : ~capabilityMask(['CAP_MKNOD'], 63);
  const mask = (names: readonly string[] | undefined): bigint =>
    capabilityMask(names, machine.lastCapability) & keep;
  return {
    bounding: mask(sets.bounding),
    effective: mask(sets.effective),
    permitted: mask(sets.permitted),
    inheritable: mask(sets.inheritable),
    ambient: mask(sets.ambient),
  };
}

const compiled = new WeakMap<OciSeccomp, Uint8Array>();

/** The compiled filter of a profile, kept as long as the profile object exists. */
function seccompProgram(
  seccomp: OciSeccomp | undefined,
  machine: MachineFacts['architecture'],
): Uint8Array | undefined {
  if (seccomp === undefined) return undefined;
  let program = compiled.get(seccomp);
  if (program === undefined) {
    program = compileSeccomp(seccomp, machine);
    compiled.set(seccomp, program);
  }
  return program;
}
