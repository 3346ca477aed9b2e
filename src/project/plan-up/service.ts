import type { Service } from '../../compose/model/service.ts';
import { TcomposeError } from '../../errors.ts';
import { expectationOf } from '../divergence.ts';
import { scaleOf } from '../names.ts';
import { isUp } from '../observed.ts';
import type { StepRef } from '../plan.ts';
import type { ServiceState, UpContext } from './context.ts';
import { planCreation } from './create.ts';
import { splitLeftovers } from './interrupted-replacements.ts';
import { planKept } from './keep.ts';
import { recreateCause } from './recreate-cause.ts';
import { planReplacement } from './replace.ts';
import { planScaleDown } from './scale-down.ts';
import { planRemove } from './stop.ts';
import { planWaits } from './waits.ts';

/** More than any machine runs of one service; a plan with millions would use up all memory before it failed. */
const mostContainers = 10_000;

/**
 * The containers of one service, whose dependencies have been planned.
 * @throws TcomposeError PROJECT_UNSUPPORTED for too many containers
 */
export function planService(context: UpContext, service: Service): void {
  const { project, observed, options, plan } = context;
  const state: ServiceState = {
    containers: [],
    exists: [],
    starts: [],
    stops: [],
    recreated: false,
    hooksDue: false,
    hooks: undefined,
  };
  context.states.set(service.name, state);
  if (service.provider !== undefined) return;
  const { defaultPlatform } = options.images;
  const want = expectationOf(project, service, observed, context.networks, context.volumes, defaultPlatform);
  const strategy =
    options.roots === undefined || options.roots.has(service.name)
      ? options.recreate
      : options.recreateDependencies;
  const { existing, leftovers } = splitLeftovers(observed, service.name, plan);
  const verdicts = new Map(
    existing.map((container) => [container, recreateCause(context, container, want, strategy)]),
  );
  const desired = scaleOf(service);
  if (desired > mostContainers)
    throw new TcomposeError(
      'PROJECT_UNSUPPORTED',
      `service ${service.name} should have ${desired} containers, but one machine has room for ${mostContainers} at most`,
      { hint: 'Correct its scale (or deploy.replicas).' },
    );
  const surplus = planScaleDown(context, service, verdicts, desired);
  let planned: readonly StepRef[] | undefined;
  const waits = () => {
    planned ??= options.noDeps ? [] : planWaits(context, service);
    return planned;
  };
  // If nothing of the service runs, its hooks run before its first container starts.
  state.hooksDue = (service.pre_start ?? []).length > 0 && !existing.some(isUp);
  for (const container of existing) {
    if (surplus.has(container)) continue;
    state.containers.push(container.name);
    const cause = verdicts.get(container);
    if (cause !== undefined) planReplacement(context, service, want, container, cause, waits);
    else planKept(context, service, container, waits);
  }
  let number = Math.max(0, ...existing.map((container) => container.number));
  for (let count = existing.length - surplus.size; count < desired; count++) {
    number += 1;
    planCreation(context, service, want, number, waits);
  }
  for (const leftover of leftovers)
    planRemove(context, leftover, 'an interrupted replacement left it behind', []);
}
