import { TcomposeError } from '../../../errors.ts';
import type { LaunchPlan } from '../../../runtime/launch/launch-plan.ts';
import { encodeLaunchPlan } from '../../../runtime/launch/plan-codec.ts';
import { endShim } from '../../../runtime/shim/end-shim.ts';
import { connectShim, type ShimConnection } from '../../../runtime/shim/shim-client.ts';
import type { ShimState } from '../../../runtime/shim/shim-messages.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';

/** Has the keeper start a shim for the plan and connects to it; the step that removes it again is added to `undo`. */
export async function spawnShim(
  engine: Engine,
  container: Container,
  plan: LaunchPlan,
  undo: (() => unknown)[],
): Promise<ShimConnection> {
  await engine.keeper.spawn(encodeLaunchPlan(plan), container.runDir);
  const shim = await connectShim(container.runDir);
  undo.push(() => endShim(shim));
  return shim;
}

type Settled = Extract<ShimState, { type: 'started' | 'failed' | 'exited' }>;

/** Waits until the command runs or has failed to; meanwhile lets waiting clients attach. */
export function settle(container: Container, shim: ShimConnection, waits: boolean): Promise<Settled> {
  return new Promise((resolve, reject) => {
    let releasing = false;
    const offClose = shim.onClose((cause) =>
      reject(
        new TcomposeError('ENGINE_START_CONTAINER', `the shim of ${container.name} died while starting it`, {
          cause,
        }),
      ),
    );
    const offState = shim.onState((state) => {
      if (state.type === 'created') {
        if (!waits || releasing) return;
        releasing = true;
        connectAttaches(container, shim)
          .then(() => shim.start())
          .catch(reject);
        return;
      }
      offClose();
      queueMicrotask(() => offState());
      resolve(state);
    });
  });
}

async function connectAttaches(container: Container, shim: ShimConnection): Promise<void> {
  const pending = [...container.pendingAttaches];
  container.pendingAttaches.clear();
  await Promise.all(
    pending.map(async (one) => {
      try {
        one.connected(await shim.attach(one.streams));
      } catch (error) {
        one.failed(error as Error);
      }
    }),
  );
}
