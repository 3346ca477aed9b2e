import { isUp } from '../observed.ts';
import type { Plan } from '../plan.ts';
import { beginPlan, type LifecycleInput } from './input.ts';

/** Sends a signal to running containers. */
export function planKill(input: LifecycleInput, signal: string): Plan {
  const plan = beginPlan(input);
  for (const container of input.containers)
    if (isUp(container))
      plan.add(
        { kind: 'kill-container', container: container.name, id: container.id, signal },
        'a kill was requested',
      );
  return plan.build();
}

/**
 * Pauses or unpauses running containers. The request is sent even if the container is already in that state: the
 * engine's refusal is the answer.
 */
export function planPause(input: LifecycleInput, pause: boolean): Plan {
  const plan = beginPlan(input);
  for (const container of input.containers)
    if (container.state === 'running' || container.state === 'paused')
      plan.add(
        {
          kind: pause ? 'pause-container' : 'unpause-container',
          container: container.name,
          id: container.id,
        },
        pause ? 'a pause was requested' : 'an unpause was requested',
      );
  return plan.build();
}
