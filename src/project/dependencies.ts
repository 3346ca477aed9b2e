import type { Dependency, DependencyCondition } from '../compose/model/dependencies.ts';
import type { Project } from '../compose/model/project.ts';
import { closure, type Graph, graphOf, reversed } from '../graph/graph.ts';
import { withoutCycles } from '../graph/order.ts';
import { labels } from './labels.ts';
import type { ObservedContainer } from './observed.ts';

/** Service → what it depends on, with the conditions. */
export type Dependencies = ReadonlyMap<string, Readonly<Record<string, Dependency>>>;

const CONDITIONS: ReadonlySet<string> = new Set<DependencyCondition>([
  'service_started',
  'service_healthy',
  'service_completed_successfully',
]);

/** Reads a depends_on label back (`db:service_healthy:true`, names.ts); what is not understood counts as started. */
export function dependenciesOfLabel(label: string | undefined): Readonly<Record<string, Dependency>> {
  const entries = (label ?? '').split(',').flatMap((part) => {
    const [name = '', condition = '', restart] = part.split(':');
    if (name === '') return [];
    const known = CONDITIONS.has(condition) ? (condition as DependencyCondition) : 'service_started';
    return [[name, { condition: known, restart: restart === 'true', required: true }] as const];
  });
  return Object.fromEntries(entries);
}

/** Dependencies from the compose file; of services it does not have, from their containers' labels. */
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

/** The graph of services and what they depend on, of edges that pass `counts` alone. */
const graphOfAll = (dependencies: Dependencies, counts: (dependency: Dependency) => boolean): Graph =>
  graphOf(
    [...dependencies].map(([service, own]) => [
      service,
      Object.keys(own).filter((name) => counts(own[name]!)),
    ]),
  );

/** Names and everything they depend on, directly or not. */
export const withDependencies = (dependencies: Dependencies, names: Iterable<string>): ReadonlySet<string> =>
  closure(
    graphOfAll(dependencies, () => true),
    names,
  );

/** Names and the services that restart along: those that depend on one of them with `restart: true`, directly or through others. */
export const withRestartedAlong = (
  dependencies: Dependencies,
  names: Iterable<string>,
): ReadonlySet<string> =>
  closure(reversed(graphOfAll(dependencies, ({ restart }) => restart === true)), names);

/**
 * The graph of services without edges that lead back: a label may name services that no longer exist or, after edits, form a
 * cycle.
 */
export const startOrder = (dependencies: Dependencies): Graph =>
  withoutCycles(graphOfAll(dependencies, () => true));
