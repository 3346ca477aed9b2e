import type { Project } from '../compose/model/project.ts';
import type { Service } from '../compose/model/service.ts';
import { listedName } from '../image/reference.ts';
import { removeOperation, stopOperation } from './container-operations.ts';
import { dependenciesOf } from './dependencies.ts';
import { labels } from './labels.ts';
import { imageReference } from './names.ts';
import { isOrphan, isUp, type Observed, type ObservedContainer } from './observed.ts';
import type { Plan, StepRef } from './plan.ts';
import { PlanBuilder } from './plan-builder.ts';
import { orderStops } from './stop-order.ts';

interface DownOptions {
  /** Only these services; the project's networks and volumes then stay. */
  readonly services?: ReadonlySet<string>;
  /** Containers of every service, whatever the compose file says of it. */
  readonly everything: boolean;
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
  const doomed = observed.containers.filter((container) => isDoomed(container, project, options));
  if (options.services === undefined) plan.warnings.push(...leftBehind(name, project, observed, options));
  const stops = new Map<string, StepRef[]>();
  const removes: StepRef[] = [];
  for (const container of doomed) {
    const service: Service | undefined = project?.services[container.service];
    const cause = isOrphan(project, container)
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

/**
 * Whether a container goes: one of a service that profiles leave out only if it is named, one of `run` or of a service
 * that the compose file lacks only with the orphans.
 */
function isDoomed(
  container: ObservedContainer,
  project: Project | undefined,
  { services, removeOrphans, everything }: DownOptions,
): boolean {
  if (container.oneoff && !removeOrphans) return false;
  if (services !== undefined) return services.has(container.service);
  if (everything) return true;
  if (isOrphan(project, container)) return removeOrphans;
  return project === undefined || Object.hasOwn(project.services, container.service);
}

/** Warnings about containers that stay. */
function leftBehind(
  name: string,
  project: Project | undefined,
  observed: Observed,
  options: DownOptions,
): readonly string[] {
  const staying = observed.containers.filter((container) => !isDoomed(container, project, options));
  const namesOf = (containers: readonly ObservedContainer[]) => containers.map((one) => one.name).join(', ');
  const orphans = staying.filter((one) => !one.oneoff && isOrphan(project, one));
  const runs = staying.filter((one) => one.oneoff && isUp(one));
  const left = staying.filter((one) => !one.oneoff && !isOrphan(project, one));
  const profiles = left.flatMap((one) => project?.disabledServices[one.service]?.profiles ?? []);
  return [
    ...(orphans.length === 0 || options.ignoreOrphans
      ? []
      : [
          `found orphan containers (${namesOf(orphans)}) of project ${name}; --remove-orphans removes them too`,
        ]),
    ...(runs.length === 0
      ? []
      : [`containers of \`run\` stay (${namesOf(runs)}); --remove-orphans removes them too`]),
    ...(left.length === 0
      ? []
      : [
          `containers of services that no profile enables stay (${namesOf(left)}); --profile ${[...new Set(profiles)].sort().join(',') || '"*"'} removes them too`,
        ]),
  ];
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
