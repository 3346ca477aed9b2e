import { buildLaunchPlan } from '../../../runtime/launch/build-launch-plan.ts';
import { encodeLaunchPlan } from '../../../runtime/launch/plan-codec.ts';
import { generateSpec } from '../../../runtime/spec/oci-spec.ts';
import type { Engine } from '../../context.ts';
import { newId } from '../../ids.ts';

/**
 * Computes the launch plan of a fictitious container and discards it: the first plan of a process costs ten times the
 * second, because the seccomp tables are laid out and the code is compiled. Has no effects on the machine.
 */
export function warmStartPath(engine: Pick<Engine, 'instance' | 'machine'>): void {
  const id = newId();
  const { instance, machine } = engine;
  const spec = generateSpec({
    id,
    instance,
    config: { Entrypoint: null, Cmd: ['true'] },
    hostConfig: {},
    mounts: [],
    user: { uid: 0, gid: 0, groups: [], home: '/' },
    files: {},
    joined: {},
    devices: [],
    machine,
  });
  const plan = buildLaunchPlan(spec, {
    id,
    runDir: `/run/${id}`,
    stdio: { tty: false, rows: 0, columns: 0, stdin: false, stdinOnce: false },
    rootfs: { kind: 'directory', path: '/' },
    machine,
    init: false,
  });
  encodeLaunchPlan(plan);
}
