import type { Hook } from '../../compose/model/hooks.ts';
import type { Project } from '../../compose/model/project.ts';
import type { ObservedContainer } from '../observed.ts';
import { PlanBuilder } from '../plan-builder.ts';

/** The input of plans for `start`, `stop`, `restart` and the like. */
export interface LifecycleInput {
  /** Undefined when there is no compose file. */
  readonly project: Project | undefined;
  /** Containers that the command is about. */
  readonly containers: readonly ObservedContainer[];
  /** All containers of the project: dependencies of the others are known from their labels. Default: `containers`. */
  readonly all?: readonly ObservedContainer[];
  /** Seconds; undefined: each container's own. */
  readonly timeout?: number | undefined;
}

/** Hooks of a container's service, if the compose file is available. */
export const hooksOf = (
  project: Project | undefined,
  container: ObservedContainer,
): { readonly post_start?: readonly Hook[]; readonly pre_stop?: readonly Hook[] } =>
  project?.services[container.service] ?? project?.disabledServices[container.service] ?? {};

/** A plan that knows its containers. */
export function beginPlan(input: LifecycleInput): PlanBuilder {
  const plan = new PlanBuilder();
  for (const container of input.all ?? input.containers) plan.ids.set(container.name, container.id);
  for (const container of input.containers) plan.ids.set(container.name, container.id);
  return plan;
}
