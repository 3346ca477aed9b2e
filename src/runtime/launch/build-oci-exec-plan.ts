import type { OciProcess } from '../spec/oci-types.ts';
import { buildExecPlan, type ExecInput } from './build-exec-plan.ts';
import type { CallerPlan } from './launch-options.ts';
import type { LaunchPlan } from './launch-plan.ts';
import { processPlan } from './plan-process.ts';
import { affinityPlan } from './plan-process-options.ts';

/**
 * The plan of an exec for an OCI runtime's command line: `wanted` describes the whole process, with its own user,
 * environment and capabilities, in the container's namespaces and control groups and under its seccomp filter. Pure.
 * Throws like buildExecPlan.
 */
export function buildOciExecPlan(
  input: Pick<ExecInput, 'id' | 'runDir' | 'stdio' | 'container' | 'machine'>,
  wanted: OciProcess,
  caller: CallerPlan | undefined,
): LaunchPlan {
  const { container, machine } = input;
  const spec = { ...container.spec, process: wanted };
  const plan = buildExecPlan({
    ...input,
    container: { ...container, spec },
    args: wanted.args,
    env: [],
    cwd: wanted.cwd,
    privileged: false,
    waitForStart: true,
  });
  const { capabilities } = processPlan(spec, { init: false, machine, mayMakeNodes: true });
  const affinity = affinityPlan(wanted);
  return {
    ...plan,
    process: { ...plan.process, env: wanted.env, capabilities, ...(affinity ? { affinity } : {}) },
    ...(caller === undefined ? {} : { caller }),
  };
}
