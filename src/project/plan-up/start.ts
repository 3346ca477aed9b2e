import type { Service } from '../../compose/model/service.ts';
import { preStartSpec } from '../create-body/pre-start.ts';
import type { StepRef } from '../plan.ts';
import { containerOf, type UpContext } from './context.ts';
import { planRemove } from './stop.ts';

/** Starts a container after `after`, and before the first of them the service's pre_start hooks; returns the step. */
export function planStart(
  context: UpContext,
  service: Service,
  container: { readonly name: string; readonly isNew: boolean },
  cause: string,
  after: readonly (StepRef | undefined)[],
): StepRef {
  const state = context.states.get(service.name)!;
  if (state.hooksDue) {
    state.hooks = planHooks(context, service, container.name, after);
    state.hooksDue = false;
  }
  const step = context.plan.add(
    {
      kind: 'start-container',
      container: container.name,
      service: service.name,
      isNew: container.isNew,
      postStart: service.post_start ?? [],
    },
    cause,
    [...after, state.hooks],
  );
  state.starts.push(step);
  return step;
}

/** Once for each service, with the volumes and networks of the first of its containers that starts. */
function planHooks(
  context: UpContext,
  service: Service,
  container: string,
  after: readonly (StepRef | undefined)[],
): StepRef {
  const { project, options, plan, observed } = context;
  const hooks = (service.pre_start ?? []).map((hook, at) => {
    const name = `${project.name}-${service.name}-pre-start-${at + 1}`;
    return {
      name,
      spec: preStartSpec(project, service, hook, {
        name,
        container,
        version: options.version,
        containerOf: containerOf(context),
      }),
    };
  });
  // A failed hook's container is kept for inspection until the next attempt.
  const removed = hooks.flatMap(({ name }) =>
    observed.containers
      .filter((one) => one.name === name)
      .map((one) => planRemove(context, one, 'it is left over from an earlier attempt', [])),
  );
  return plan.add(
    { kind: 'run-hooks', container, service: service.name, hooks },
    `service ${service.name} has them and does not run`,
    [...after, ...removed],
  );
}
