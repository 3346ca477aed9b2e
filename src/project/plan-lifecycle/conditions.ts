import type { Dependencies } from '../dependencies.ts';
import type { ObservedContainer } from '../observed.ts';
import type { StepRef } from '../plan.ts';
import type { PlanBuilder } from '../plan-builder.ts';
import { waitCondition } from '../wait-condition.ts';

/** What is needed to wait for a service's conditions. */
export interface ConditionInput {
  readonly plan: PlanBuilder;
  readonly dependencies: Dependencies;
  /** Containers of a service, among all of the project. */
  readonly containersOf: (service: string) => readonly ObservedContainer[];
  /** Steps of this plan after which a service has started. */
  readonly begun: (service: string) => readonly StepRef[];
}

/**
 * Steps that wait for the conditions of a service's dependencies before it continues; those for dependencies without a
 * container are left out.
 */
export function planConditions(service: string, input: ConditionInput): readonly StepRef[] {
  const { plan, dependencies, containersOf, begun } = input;
  return Object.entries(dependencies.get(service) ?? {}).flatMap(([name, { condition, required }]) => {
    const containers = containersOf(name).map((container) => container.name);
    if (condition === 'service_started' || containers.length === 0) return [];
    return [
      plan.add(
        {
          kind: 'wait',
          service: name,
          containers,
          condition: waitCondition(condition),
          required,
          dependents: [service],
        },
        `${service} depends on it`,
        begun(name),
      ),
    ];
  });
}
