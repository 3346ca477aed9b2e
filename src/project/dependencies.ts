import type { Dependency, DependencyCondition } from '../compose/model/dependencies.ts';
import type { Project } from '../compose/model/project.ts';
import { closure, type Graph, graphOf, reversed } from '../graph/graph.ts';
import { withoutCycles } from '../graph/order.ts';
import { labels } from './labels.ts';
import type { ObservedContainer } from './observed.ts';

/** Service → its dependencies, with the conditions. */
export type Dependencies = ReadonlyMap<string, Readonly<Record<string, Dependency>>>;

const CONDITIONS: ReadonlySet<string> = new Set<DependencyCondition>([
  'service_started',
  'service_healthy',
  'service_completed_successfully',
]);

/** Parses a depends_on label (`db:service_healthy:true`, names.ts); unknown conditions count as started. */
export function dependenciesOfLabel(label: string | undefined): Readonly<Record<string, Dependency>> {
  const entries = (label ?? '').split(',').flatMap((part) => {
    const [name = '', condition = '', restart] = part.split(':');
    if (name === '') return [];
    const known = CONDITIONS.has(condition) ? (condition as DependencyCondition) : 'service_started';
    return [[name, { condition: known, restart: restart === 'true', required: true }] as const];
  });
  return Object.fromEntries(entries);
}

/** Dependencies from the compose file; for services that are not in it, from their containers' labels. */
export function dependenciesOf(
  project: Project | undefined,
  containers: readonly ObservedContainer[],
): Dependencies {
  const map = new Map<string, Readonly<Record<string, Dependency>>>();
  for (const container of containers)
    if (!map.has(container.service))
      map.set(container.service, dependenciesOfLabel(container.labels[labels.dependsOn]));
  for (const service of [
    ...Object.values(project?.disabledServices ?? {}),
    ...Object.values(project?.services ?? {}),
  ])
    map.set(service.name, service.depends_on ?? {});
  return map;
}

/** The graph of services and their dependencies, only with edges that `counts` accepts. */
const graphOfAll = (dependencies: Dependencies, counts: (dependency: Dependency) => boolean): Graph =>
  graphOf(
    [...dependencies].map(([service, own]) => [
      service,
      Object.keys(own).filter((name) => counts(own[name]!)),
    ]),
  );

/** Names and all their dependencies, direct or indirect. */
export const withDependencies = (dependencies: Dependencies, names: Iterable<string>): ReadonlySet<string> =>
  closure(
    graphOfAll(dependencies, () => true),
    names,
  );

/**
 * Names and the services that restart with them: those that depend on one of them with `restart: true`, directly or
 * indirectly.
 */
export const withRestartedAlong = (
  dependencies: Dependencies,
  names: Iterable<string>,
): ReadonlySet<string> =>
  closure(reversed(graphOfAll(dependencies, ({ restart }) => restart === true)), names);

/** The graph of services without cycles: a label may name services that no longer exist or, after edits, form a cycle. */
export const startOrder = (dependencies: Dependencies): Graph =>
  withoutCycles(graphOfAll(dependencies, () => true));
