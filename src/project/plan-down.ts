import type { Project } from '../compose/model/project.ts';
import type { Service } from '../compose/model/service.ts';
import { removeOperation, stopOperation } from './container-operations.ts';
import { familiarReference } from './image-names.ts';
import { labels } from './labels.ts';
import { dependenciesOfLabel, imageReference } from './names.ts';
import { isUp, type Observed, type ObservedContainer } from './observed.ts';
import { type Plan, PlanBuilder } from './plan.ts';

interface DownOptions {
  /** Only these services; networks and volumes of the project then stay. */
  readonly services?: ReadonlySet<string>;
  readonly volumes: boolean;
  readonly removeOrphans: boolean;
  readonly ignoreOrphans: boolean;
  /** `local`: only images that were built for the project. */
  readonly images: 'none' | 'local' | 'all';
  /** Seconds; undefined: each container's own. */
  readonly timeout: number | undefined;
}

/** Service → services it depends on: from the compose file, else from the containers' own labels. */
export function dependencyMap(
  project: Project | undefined,
  containers: readonly ObservedContainer[],
): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, readonly string[]>();
  for (const container of containers)
    if (!map.has(container.service))
      map.set(container.service, dependenciesOfLabel(container.labels[labels.dependsOn]));
  for (const service of Object.values(project?.services ?? {}))
    map.set(service.name, Object.keys(service.depends_on ?? {}));
  return map;
}

/** Ids of services' stop steps that must end before a service's own containers stop: those of its dependents. */
export function stopOrder(
  plan: PlanBuilder,
  stops: ReadonlyMap<string, readonly string[]>,
  dependencies: ReadonlyMap<string, readonly string[]>,
): void {
  // A label may name services that no longer exist, or, after edits, form a cycle: edges back are left out.
  const state = new Map<string, 'open' | 'done'>();
  const visit = (service: string) => {
    if (state.has(service)) return;
    state.set(service, 'open');
    for (const dependency of dependencies.get(service) ?? []) {
      if (state.get(dependency) === 'open') continue;
      for (const step of stops.get(dependency) ?? []) plan.needs(step, stops.get(service) ?? []);
      visit(dependency);
    }
    state.set(service, 'done');
  };
  for (const service of [...dependencies.keys()].sort()) visit(service);
}

/**
 * What must be done to take a project down: containers in reverse order of dependency, then its networks, then what
 * else was asked for. `project` is undefined when there is no compose file: the labels of what exists say the rest. Pure.
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
  const stops = new Map<string, string[]>();
  const removes: string[] = [];
  for (const container of doomed) {
    const service: Service | undefined = project?.services[container.service];
    const cause = isOrphan(container)
      ? `no service ${container.service} is in the compose file`
      : `project ${name} goes down`;
    let stop: string | undefined;
    if (isUp(container)) {
      stop = plan.add(stopOperation(container, service, options.timeout), cause);
      stops.set(container.service, [...(stops.get(container.service) ?? []), stop]);
    }
    removes.push(
      plan.add(removeOperation(container, { volumes: options.volumes, force: true }), cause, [stop]),
    );
  }
  stopOrder(plan, stops, dependencyMap(project, doomed));
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
  after: readonly string[],
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
  after: readonly string[],
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

/** Part of the engine: there is nothing to remove. */
const BUILT_IN_IMAGE = 'tcompose/host:latest';

function removeImages(
  project: Project | undefined,
  observed: Observed,
  doomed: readonly ObservedContainer[],
  options: DownOptions,
  plan: PlanBuilder,
  after: readonly string[],
): void {
  const references = new Set<string>();
  for (const service of Object.values(project?.services ?? {}))
    if (
      (options.services === undefined || options.services.has(service.name)) &&
      (options.images === 'all' || service.image === undefined)
    )
      references.add(familiarReference(imageReference(project!, service)));
  if (project === undefined && options.images === 'all')
    for (const container of doomed) references.add(familiarReference(container.image));
  for (const reference of [...references].sort())
    if (observed.images.has(reference) && reference !== BUILT_IN_IMAGE)
      plan.add({ kind: 'remove-image', reference }, `--rmi ${options.images} was given`, after);
}
