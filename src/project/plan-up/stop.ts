import type { Service } from '../../compose/model/service.ts';
import { removeOperation, stopOperation } from '../container-operations.ts';
import { isUp, type ObservedContainer } from '../observed.ts';
import type { StepRef } from '../plan.ts';
import type { UpContext } from './context.ts';

/** Stops a running container and returns the step; dependents of its service wait for it before they restart. */
export function planStop(
  context: UpContext,
  container: ObservedContainer,
  service: Service | undefined,
  cause: string,
  after: readonly (StepRef | undefined)[] = [],
): StepRef | undefined {
  if (!isUp(container)) return undefined;
  const operation = stopOperation(container, service, context.options.timeout);
  const step = context.plan.add(operation, cause, after);
  context.states.get(container.service)?.stops.push(step);
  return step;
}

/** Removes a container but not its volumes, which its successor may inherit; returns the step. */
export const planRemove = (
  context: UpContext,
  container: ObservedContainer,
  cause: string,
  after: readonly (StepRef | undefined)[],
): StepRef => context.plan.add(removeOperation(container, { volumes: false, force: true }), cause, after);
