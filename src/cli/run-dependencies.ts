import type { Project } from '../compose/model/project.ts';
import type { Service } from '../compose/model/service.ts';
import { containerName, scaleOf } from '../project/names.ts';
import type { Plan, Step } from '../project/plan.ts';

/** A plan for the dependencies of a one-off container, with the waits for its own conditions at the end. */
export function addConditions(plan: Plan, service: Service, dependencies: Project): Plan {
  const steps: Step[] = [...plan.steps];
  for (const [name, dependency] of Object.entries(service.depends_on ?? {})) {
    const target = dependencies.services[name];
    if (target === undefined || dependency.condition === 'service_started' || scaleOf(target) === 0) continue;
    const condition = dependency.condition === 'service_healthy' ? 'healthy' : 'completed';
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
