import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import { containerName, scaleOf } from '../../project/names.ts';
import type { Observed } from '../../project/observed.ts';
import type { Plan, Step } from '../../project/plan.ts';
import { planUp } from '../../project/plan-up/index.ts';
import type { UpOptions } from '../../project/plan-up/options.ts';
import { waitCondition } from '../../project/wait-condition.ts';

/**
 * Brings the services a one-off container of `service` depends on up as `up` would, and waits for its conditions;
 * undefined when there are none.
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

/** The plan with the waits for the service's own conditions at its end. */
function addConditions(plan: Plan, service: Service, dependencies: Project): Plan {
  const steps: Step[] = [...plan.steps];
  for (const [name, dependency] of Object.entries(service.depends_on ?? {})) {
    const target = dependencies.services[name];
    if (target === undefined || dependency.condition === 'service_started' || scaleOf(target) === 0) continue;
    const condition = waitCondition(dependency.condition);
    const id = `wait for service ${name} ${condition}`;
    if (steps.some((step) => step.id === id)) continue;
    steps.push({
      id,
      after: plan.steps
        .filter(({ operation }) => operation.kind === 'start-container' && operation.service === name)
        .map((step) => step.id),
      resource: { kind: 'service', name },
      operation: {
        kind: 'wait',
        service: name,
        containers: Array.from({ length: scaleOf(target) }, (_, at) =>
          containerName(dependencies.name, target, at + 1),
        ),
        condition,
        required: dependency.required,
        dependents: [service.name],
      },
      cause: `${service.name} depends on it`,
    });
  }
  return { ...plan, steps };
}
