import { dependenciesFirst } from '../../graph/order.ts';
import { dependenciesOf, startOrder } from '../dependencies.ts';
import { nearestSteps } from '../nearest-steps.ts';
import { groupByService } from '../observed.ts';
import type { Plan, StepRef } from '../plan.ts';
import { planConditions } from './conditions.ts';
import { beginPlan, hooksOf, type LifecycleInput } from './input.ts';

/**
 * Restarts containers, those of dependencies first. With `conditions` each waits until the conditions of its service's
 * `depends_on` are met, as at a start.
 */
export function planRestart(input: LifecycleInput, options: { readonly conditions: boolean }): Plan {
  const plan = beginPlan(input);
  const { project } = input;
  const everything = groupByService(input.all ?? input.containers);
  const byService = groupByService(input.containers);
  const dependencies = dependenciesOf(project, input.all ?? input.containers);
  const order = startOrder(dependencies);
  const restarts = new Map<string, readonly StepRef[]>();
  const begun = (name: string) => restarts.get(name) ?? [];
  for (const name of dependenciesFirst(order)) visit(name);
  return plan.build();

  function visit(name: string): void {
    const own = byService.get(name) ?? [];
    if (own.length === 0) return;
    const containersOf = (one: string) => everything.get(one) ?? [];
    const needs = [
      ...nearestSteps(name, order.dependencies, begun),
      ...(options.conditions ? planConditions(name, { plan, dependencies, containersOf, begun }) : []),
    ];
    restarts.set(
      name,
      own.map((container) =>
        plan.add(
          {
            kind: 'restart-container',
            container: container.name,
            id: container.id,
            service: name,
            timeout: input.timeout,
            preStop: hooksOf(project, container).pre_stop ?? [],
            postStart: hooksOf(project, container).post_start ?? [],
          },
          'a restart was requested',
          needs,
        ),
      ),
    );
  }
}
