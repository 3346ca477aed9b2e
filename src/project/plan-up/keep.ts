import type { Service } from '../../compose/model/service.ts';
import { endpointParts } from '../create-body/networks.ts';
import type { ObservedContainer } from '../observed.ts';
import type { StepRef } from '../plan.ts';
import { containerOf, type UpContext } from './context.ts';
import { planStart } from './start.ts';
import { planStop } from './stop.ts';

/** A container that stays: it rejoins its networks, and is started if it does not run or a dependency restarts it. */
export function planKept(
  context: UpContext,
  service: Service,
  container: ObservedContainer,
  waits: () => readonly StepRef[],
): void {
  const { plan, options } = context;
  const kept = { name: container.name, isNew: false };
  const rejoin = planRejoin(context, service, container);
  if (!options.start) {
    plan.keep(container);
    return;
  }
  if (rejoin.length > 0) {
    planStart(context, service, kept, 'it was stopped for its network', [...rejoin, ...waits()]);
    return;
  }
  if (container.state === 'paused') {
    const step = plan.add(
      { kind: 'unpause-container', container: container.name, id: container.id },
      'it is paused',
      waits(),
    );
    context.states.get(service.name)!.starts.push(step);
    return;
  }
  if (container.state === 'running' || container.state === 'restarting') {
    const upstream = restartedDependency(context, service);
    if (upstream === undefined) {
      plan.keep(container);
      return;
    }
    const cause = `it depends on service ${upstream}, which is started again (restart: true)`;
    const stop = planStop(context, container, service, cause);
    for (const other of context.states.get(upstream)!.stops) plan.needs(other, [stop]);
    planStart(context, service, kept, cause, [stop, ...waits(), ...context.states.get(upstream)!.starts]);
    return;
  }
  const cause =
    container.state === 'exited'
      ? `it is not running (exited ${container.exitCode ?? '?'})`
      : 'it is not running';
  planStart(context, service, kept, cause, waits());
}

/** For networks that are recreated: the container leaves and rejoins each. Returns the steps after which it is in all. */
function planRejoin(context: UpContext, service: Service, container: ObservedContainer): readonly StepRef[] {
  const { plan, project } = context;
  const rejoin: StepRef[] = [];
  const owner = { name: container.name, useAliases: true, containerOf: containerOf(context) };
  for (const part of endpointParts(project, service, owner)) {
    const network = context.networks.get(part.key);
    if (network?.removal === undefined) continue;
    const cause = `network ${part.network} is recreated`;
    const stopped = planStop(context, container, service, cause);
    const target = { container: container.name, id: container.id, network: part.network };
    const left = plan.add({ kind: 'disconnect-network', ...target }, cause, [stopped]);
    plan.needs(network.removal, [left]);
    rejoin.push(
      plan.add({ kind: 'connect-network', ...target, settings: part.settings }, cause, [network.ready]),
    );
  }
  return rejoin;
}

/** The first dependency with `restart: true` whose containers are stopped in this plan. */
const restartedDependency = (context: UpContext, service: Service): string | undefined =>
  Object.entries(service.depends_on ?? {}).find(
    ([name, dependency]) => dependency.restart === true && (context.states.get(name)?.stops.length ?? 0) > 0,
  )?.[0];
