import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import { containerName, scaleOf } from '../../project/names.ts';
import type { Observed } from '../../project/observed.ts';
import type { Plan } from '../../project/plan.ts';
import { PlanBuilder } from '../../project/plan-builder.ts';
import { planUp } from '../../project/plan-up/index.ts';
import type { UpOptions } from '../../project/plan-up/options.ts';
import { waitCondition } from '../../project/wait-condition.ts';

/**
 * Starts the dependencies of a one-off container of `service` as `up` would, and waits for its conditions; undefined
 * when there are none.
 */
export function dependenciesPlan(
  project: Project,
  others: Project['services'],
  service: Service,
  observed: Observed,
  options: UpOptions,
): Plan | undefined {
  if (Object.keys(others).length === 0) return undefined;
  const dependencies = {
    ...project,
    services: others,
    disabledServices: { ...project.disabledServices, [service.name]: service },
  };
  return addConditions(planUp(dependencies, observed, options), service, dependencies);
}

/** Appends to the plan the waits for the service's own conditions. */
function addConditions(plan: Plan, service: Service, dependencies: Project): Plan {
  const builder = PlanBuilder.from(plan);
  for (const [name, dependency] of Object.entries(service.depends_on ?? {})) {
    const target = dependencies.services[name];
    if (target === undefined || dependency.condition === 'service_started' || scaleOf(target) === 0) continue;
    builder.add(
      {
        kind: 'wait',
        service: name,
        containers: Array.from({ length: scaleOf(target) }, (_, at) =>
          containerName(dependencies.name, target, at + 1),
        ),
        condition: waitCondition(dependency.condition),
        required: dependency.required,
        dependents: [service.name],
      },
      `${service.name} depends on it`,
      plan.steps
        .filter(({ operation }) => operation.kind === 'start-container' && operation.service === name)
        .map((step) => step.id),
    );
  }
  return builder.build();
}
