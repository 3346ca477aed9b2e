import type { Project } from '../compose/model/project.ts';
import type { Service } from '../compose/model/service.ts';
import { listedName } from '../image/reference.ts';
import { removeOperation, stopOperation } from './container-operations.ts';
import { dependenciesOf } from './dependencies.ts';
import { labels } from './labels.ts';
import { imageReference } from './names.ts';
import { isUp, type Observed, type ObservedContainer } from './observed.ts';
import type { Plan, StepRef } from './plan.ts';
import { PlanBuilder } from './plan-builder.ts';
import { orderStops } from './stop-order.ts';

interface DownOptions {
  /** Only these services; the project's networks and volumes then stay. */
  readonly services?: ReadonlySet<string>;
  readonly volumes: boolean;
  readonly removeOrphans: boolean;
  readonly ignoreOrphans: boolean;
  /** `local`: only images that were built for the project. */
  readonly images: 'none' | 'local' | 'all';
  /** Seconds; undefined: each container's own. */
  readonly timeout: number | undefined;
}

/**
 * What to do to take down a project: containers in reverse order of dependency, then its networks, then what else was
 * requested. `project` is undefined when there is no compose file: labels of existing objects provide the rest. Pure.
 */
export function planDown(
  name: string,
  project: Project | undefined,
  observed: Observed,
  options: DownOptions,
): Plan {
  const plan = new PlanBuilder();
  const known = new Set([
    ...Object.keys(project?.services ?? {}),
    ...Object.keys(project?.disabledServices ?? {}),
  ]);
  const isOrphan = (container: ObservedContainer) => project !== undefined && !known.has(container.service);
  const orphans = observed.containers.filter(isOrphan);
  const doomed = observed.containers.filter((container) =>
    options.services === undefined
      ? !isOrphan(container) || options.removeOrphans
      : options.services.has(container.service),
  );
  if (
    orphans.length > 0 &&
    !options.removeOrphans &&
    !options.ignoreOrphans &&
    options.services === undefined
  )
    plan.warnings.push(
      `found orphan containers (${orphans.map((one) => one.name).join(', ')}) of project ${name}; --remove-orphans removes them too`,
    );
  const stops = new Map<string, StepRef[]>();
  const removes: StepRef[] = [];
  for (const container of doomed) {
    const service: Service | undefined = project?.services[container.service];
    const cause = isOrphan(container)
      ? `no service ${container.service} is in the compose file`
      : `project ${name} goes down`;
    let stop: StepRef | undefined;
    if (isUp(container)) {
      stop = plan.add(stopOperation(container, service, options.timeout), cause);
      stops.set(container.service, [...(stops.get(container.service) ?? []), stop]);
    }
    removes.push(
      plan.add(removeOperation(container, { volumes: options.volumes, force: true }), cause, [stop]),
    );
  }
  orderStops(plan, stops, dependenciesOf(project, observed.containers));
  if (options.services === undefined) {
    removeNetworks(name, project, observed, plan, removes);
    if (options.volumes) removeVolumes(name, project, observed, plan, removes);
  }
  if (options.images !== 'none') removeImages(project, observed, doomed, options, plan, removes);
  return plan.build();
}

function removeNetworks(
  name: string,
  project: Project | undefined,
  observed: Observed,
  plan: PlanBuilder,
  after: readonly StepRef[],
): void {
  const external = new Set(
    Object.values(project?.networks ?? {})
      .filter((network) => network.external === true)
      .map((network) => network.name),
  );
  for (const network of observed.networks)
    if (network.Labels?.[labels.project] === name && !external.has(network.Name))
      plan.add(
        { kind: 'remove-network', name: network.Name, id: network.Id },
        `project ${name} goes down`,
        after,
      );
}

function removeVolumes(
  name: string,
  project: Project | undefined,
  observed: Observed,
  plan: PlanBuilder,
  after: readonly StepRef[],
): void {
  const declared = new Map(Object.values(project?.volumes ?? {}).map((volume) => [volume.name, volume]));
  for (const volume of observed.volumes) {
    const own =
      project === undefined
        ? volume.Labels?.[labels.project] === name
        : declared.has(volume.Name) && declared.get(volume.Name)!.external !== true;
    if (own) plan.add({ kind: 'remove-volume', name: volume.Name }, '--volumes was given', after);
  }
}

/** Part of the engine: it can't be removed. */
const BUILT_IN_IMAGE = 'tcompose/host:latest';

function removeImages(
  project: Project | undefined,
  observed: Observed,
  doomed: readonly ObservedContainer[],
  options: DownOptions,
  plan: PlanBuilder,
  after: readonly StepRef[],
): void {
  const references = new Set<string>();
  for (const service of Object.values(project?.services ?? {}))
    if (
      (options.services === undefined || options.services.has(service.name)) &&
      (options.images === 'all' || service.image === undefined)
    )
      references.add(listedName(imageReference(project!, service)));
  if (project === undefined && options.images === 'all')
    for (const container of doomed) references.add(listedName(container.image));
  for (const reference of [...references].sort())
    if (observed.images.has(reference) && reference !== BUILT_IN_IMAGE)
      plan.add({ kind: 'remove-image', reference }, `--rmi ${options.images} was given`, after);
}
