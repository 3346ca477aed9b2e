import type { Dependency, DependencyCondition } from '../compose/model/dependencies.ts';
import type { Project } from '../compose/model/project.ts';
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

/** Names and everything they depend on, directly or not. */
export function withDependencies(dependencies: Dependencies, names: Iterable<string>): ReadonlySet<string> {
  const all = new Set(names);
  for (const name of all)
    for (const dependency of Object.keys(dependencies.get(name) ?? {})) all.add(dependency);
  return all;
}

/** Names and the services that restart along: those that depend on one of them with `restart: true`, directly or through others. */
export function withRestartedAlong(dependencies: Dependencies, names: Iterable<string>): ReadonlySet<string> {
  const dependents = new Map<string, string[]>();
  for (const [service, own] of dependencies)
    for (const [name, { restart }] of Object.entries(own))
      if (restart === true) dependents.set(name, [...(dependents.get(name) ?? []), service]);
  const all = new Set(names);
  for (const name of all) for (const dependent of dependents.get(name) ?? []) all.add(dependent);
  return all;
}

/**
 * Dependencies without those that lead back: a label may name services that no longer exist or, after edits, form a
 * cycle. Sorted, so that the same ones are left out each time.
 */
export function acyclic(dependencies: Dependencies): ReadonlyMap<string, readonly string[]> {
  const kept = new Map<string, string[]>();
  const state = new Map<string, 'open' | 'done'>();
  const visit = (service: string) => {
    state.set(service, 'open');
    const targets: string[] = [];
    kept.set(service, targets);
    for (const target of Object.keys(dependencies.get(service) ?? {}).sort()) {
      if (state.get(target) === 'open') continue;
      targets.push(target);
      if (!state.has(target)) visit(target);
    }
    state.set(service, 'done');
  };
  for (const service of [...dependencies.keys()].sort()) if (!state.has(service)) visit(service);
  return kept;
}
