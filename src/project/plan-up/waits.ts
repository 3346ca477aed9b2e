import type { Service } from '../../compose/model/service.ts';
import { nearestSteps } from '../nearest-steps.ts';
import type { StepRef } from '../plan.ts';
import { waitCondition } from '../wait-condition.ts';
import type { UpContext } from './context.ts';

/**
 * Steps that must end before containers of `service` may start. There is one wait for each dependency and condition; it
 * is not needed if no container of `service` starts.
 */
export function planWaits(context: UpContext, service: Service): readonly StepRef[] {
  const { plan, states } = context;
  const result: StepRef[] = [
    ...nearestSteps(
      service.name,
      (name) => Object.keys(context.project.services[name]?.depends_on ?? {}),
      (name) => states.get(name)?.starts ?? [],
    ),
  ];
  for (const [name, dependency] of Object.entries(service.depends_on ?? {})) {
    const state = states.get(name);
    if (state === undefined || state.containers.length === 0) continue;
    if (dependency.condition === 'service_started') continue;
    const dependents = Object.values(context.project.services)
      .filter((other) => other.depends_on?.[name]?.condition === dependency.condition)
      .map((other) => other.name);
    result.push(
      plan.add(
        {
          kind: 'wait',
          service: name,
          containers: state.containers,
          condition: waitCondition(dependency.condition),
          required: dependency.required,
          dependents,
        },
        `${dependents.join(', ')} ${dependents.length === 1 ? 'depends' : 'depend'} on it`,
        state.starts,
      ),
    );
  }
  return result;
}

/** `--wait`: a step per service that ends when it is ready, or has completed if others depend on that. */
export function planReadiness(context: UpContext, order: readonly string[]): void {
  const { project, states, plan } = context;
  const completes = new Set(
    Object.values(project.services).flatMap((service) =>
      Object.entries(service.depends_on ?? {})
        .filter(([, dependency]) => dependency.condition === 'service_completed_successfully')
        .map(([name]) => name),
    ),
  );
  for (const name of order) {
    const state = states.get(name)!;
    if (state.containers.length === 0) continue;
    plan.add(
      {
        kind: 'wait',
        service: name,
        containers: state.containers,
        condition: completes.has(name) ? 'done' : 'ready',
        required: true,
        dependents: [],
      },
      '--wait was given',
      state.starts,
    );
  }
}
