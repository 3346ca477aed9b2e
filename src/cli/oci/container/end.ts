import { setTimeout as sleep } from 'node:timers/promises';
import { setFrozen } from '../../../runtime/cgroup/live-cgroup.ts';
import type { CliContext } from '../../context.ts';
import { runLateHooks } from './hooks.ts';
import { signalProcess, tearDown } from './spawn-shim.ts';
import { type ContainerStatus, cgroupPathsOf, connectIfThere, nextState, statusOf } from './status.ts';
import { launchPlanOf, type OciContainer, removeContainer } from './store.ts';

const sigkill = 9;

/** Milliseconds between checks, and in total, when waiting for a killed process to end: the kernel notifies only its parent. */
const pause = 10;
const patience = 10_000;

/** Ends all processes of a container, and removes its record and resources; poststop hooks come last. */
export async function endContainer(
  ctx: CliContext,
  directory: string,
  container: OciContainer,
  { process }: ContainerStatus,
): Promise<void> {
  if (process !== undefined) {
    await setFrozen(cgroupPathsOf(container), false).catch(() => false);
    await signalProcess(process, sigkill).catch(() => undefined);
    for (let waited = 0; waited < patience; waited += pause) {
      if ((await statusOf(directory, container)).status === 'stopped') break;
      await sleep(pause);
    }
  }
  const shim = await connectIfThere(directory);
  if (shim !== undefined) {
    await nextState(shim);
    await shim.reap().catch(() => undefined);
    shim.close();
  }
  const plan = launchPlanOf(directory);
  if (plan !== undefined) await tearDown(plan);
  removeContainer(directory);
  await runLateHooks(ctx, container, 'poststop', undefined);
}
