import { removeOperation, stopOperation } from '../container-operations.ts';
import { dependenciesOf } from '../dependencies.ts';
import { isUp } from '../observed.ts';
import type { Plan, StepRef } from '../plan.ts';
import type { PlanBuilder } from '../plan-builder.ts';
import { orderStops } from '../stop-order.ts';
import { beginPlan, hooksOf, type LifecycleInput } from './input.ts';

/** Stops running containers, dependents before their dependencies. */
export function planStop(input: LifecycleInput, cause = 'a stop was requested'): Plan {
  const plan = beginPlan(input);
  addStops(plan, input, cause);
  return plan.build();
}

function addStops(plan: PlanBuilder, input: LifecycleInput, cause: string): ReadonlyMap<string, StepRef[]> {
  const stops = new Map<string, StepRef[]>();
  for (const container of input.containers) {
    if (!isUp(container)) {
      plan.keep(container, 'Stopped');
      continue;
    }
    const step = plan.add(stopOperation(container, hooksOf(input.project, container), input.timeout), cause);
    stops.set(container.service, [...(stops.get(container.service) ?? []), step]);
  }
  orderStops(plan, stops, dependenciesOf(input.project, input.all ?? input.containers));
  return stops;
}

/** Removes containers that have ended; with `stop`, all of them, stopped first. */
export function planRemove(
  input: LifecycleInput,
  options: { readonly stop: boolean; readonly volumes: boolean },
): Plan {
  const plan = beginPlan(input);
  const stops = options.stop
    ? addStops(plan, input, 'its removal was requested')
    : new Map<string, readonly StepRef[]>();
  for (const container of input.containers) {
    if (isUp(container) && !options.stop) continue;
    plan.add(
      removeOperation(container, { volumes: options.volumes, force: options.stop }),
      'its removal was requested',
      isUp(container) ? (stops.get(container.service) ?? []) : [],
    );
  }
  plan.unchanged.length = 0;
  return plan.build();
}
