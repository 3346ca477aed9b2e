import { planCgroups } from '../../../runtime/cgroup/cgroup-plan.ts';
import type { OciSpec } from '../../../runtime/spec/oci-types.ts';
import type { Engine } from '../../context.ts';

/** Absolute cgroup directories of a container, by controller (v1) or under `unified` (v2). */
export function cgroupPaths(
  engine: Pick<Engine, 'machine'>,
  spec: Pick<OciSpec, 'linux'>,
): Readonly<Record<string, string>> {
  const path = spec.linux.cgroupsPath;
  if (path === undefined || engine.machine.cgroups.kind === 'none') return {};
  return planCgroups(engine.machine.cgroups, path, spec.linux.resources ?? {}).paths;
}
