import { type Dependencies, startOrder } from './dependencies.ts';
import { nearestSteps } from './nearest-steps.ts';
import type { StepRef } from './plan.ts';
import type { PlanBuilder } from './plan-builder.ts';

/**
 * Makes the stops of a service wait for those of everything that depends on it, directly or through services that are
 * not stopped.
 */
export function orderStops(
  plan: PlanBuilder,
  stops: ReadonlyMap<string, readonly StepRef[]>,
  dependencies: Dependencies,
): void {
  const { dependents } = startOrder(dependencies);
  for (const [service, steps] of stops) {
    const earlier = nearestSteps(service, dependents, (name) => stops.get(name) ?? []);
    for (const step of steps) plan.needs(step, earlier);
  }
}
