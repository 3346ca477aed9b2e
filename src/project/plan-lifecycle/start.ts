import { dependenciesFirst } from '../../graph/order.ts';
import { dependenciesOf, startOrder } from '../dependencies.ts';
import { nearestSteps } from '../nearest-steps.ts';
import { groupByService, isUp } from '../observed.ts';
import type { Plan, StepRef } from '../plan.ts';
import { planConditions } from './conditions.ts';
import { beginPlan, hooksOf, type LifecycleInput } from './input.ts';

/** Starts containers that do not run, dependencies first, waiting for their conditions. */
export function planStart(input: LifecycleInput, options: { readonly wait?: boolean } = {}): Plan {
  const plan = beginPlan(input);
  const { project } = input;
  const everything = groupByService(input.all ?? input.containers);
  const dependencies = dependenciesOf(project, input.all ?? input.containers);
  const order = startOrder(dependencies);
  const starts = new Map<string, readonly StepRef[]>();
  const begun = (name: string) => starts.get(name) ?? [];
  const byService = groupByService(input.containers);
  for (const name of dependenciesFirst(order)) visit(name);
  if (options.wait === true)
    for (const [name, containers] of byService)
      plan.add(
        {
          kind: 'wait',
          service: name,
          containers: containers.map((container) => container.name),
          condition: 'ready',
          required: true,
          dependents: [],
        },
        '--wait was given',
        begun(name),
      );
  return plan.build();

  function visit(name: string): void {
    const own = byService.get(name) ?? [];
    const sleeping = own.filter((container) => !isUp(container));
    for (const container of own.filter(isUp)) plan.keep(container);
    if (sleeping.length === 0) return;
    const needs = [
      ...nearestSteps(name, order.dependencies, begun),
      ...planConditions(name, {
        plan,
        dependencies,
        containersOf: (one) => everything.get(one) ?? [],
        begun,
      }),
    ];
    starts.set(
      name,
      sleeping.map((container) =>
        plan.add(
          {
            kind: 'start-container',
            container: container.name,
            service: name,
            isNew: false,
            postStart: hooksOf(project, container).post_start ?? [],
          },
          'it is not running',
          needs,
        ),
      ),
    );
  }
}
