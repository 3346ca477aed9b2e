import { TcomposeError } from '../../errors.ts';
import { globMatch } from '../../glob.ts';
import { closure } from '../../graph/graph.ts';
import { nearest } from '../../nearest.ts';
import type { Project } from '../model/project.ts';
import type { Service } from '../model/service.ts';
import { own } from '../tree.ts';
import { dependencyGraph } from './dependency-graph.ts';

/**
 * The names that match a list of names and patterns (`*`, `?`, `[a-z]`, as in Go's filepath.Match), sorted, without
 * duplicates.
 * @throws TcomposeError COMPOSE_NO_SUCH_SERVICE for one that matches nothing.
 */
export function expandNames(wanted: readonly string[], names: readonly string[]): string[] {
  const found = new Set<string>();
  for (const pattern of wanted) {
    const fits = names.includes(pattern) ? [pattern] : names.filter(globMatcher(pattern));
    if (fits.length === 0) throw noSuchService(pattern, names);
    for (const name of fits) found.add(name);
  }
  return [...found].sort();
}

function noSuchService(name: string, names: readonly string[]): TcomposeError {
  const near = nearest(name, names);
  const list =
    names.length > 0 && names.length <= 20 ? `The services are: ${[...names].sort().join(', ')}.` : undefined;
  const hint = near === undefined ? list : `Did you mean "${near}"?`;
  return new TcomposeError(
    'COMPOSE_NO_SUCH_SERVICE',
    `no such service: ${name}`,
    hint === undefined ? {} : { hint },
  );
}

function globMatcher(pattern: string): (name: string) => boolean {
  return (name) => {
    try {
      return globMatch(pattern, name);
    } catch {
      return false;
    }
  };
}

/**
 * The project with only the named services and, with `dependencies`, those they depend on, directly or indirectly; the
 * others become disabled. Optional dependencies that profiles disable are dropped, as by Docker Compose.
 * @throws TcomposeError for an unknown name, or a required dependency that profiles disable.
 */
export function selectServices(
  project: Project,
  wanted: readonly string[],
  options: { readonly dependencies: boolean } = { dependencies: true },
): Project {
  if (wanted.length === 0) return project;
  const named = expandNames(wanted, Object.keys(project.services));
  const selected = options.dependencies ? closure(dependencyGraph(project), named) : new Set(named);
  if (options.dependencies) for (const name of selected) requireDependencies(project, name);
  const services: Record<string, Service> = {};
  const disabledServices: Record<string, Service> = { ...project.disabledServices };
  for (const [name, service] of Object.entries(project.services)) {
    if (selected.has(name))
      services[name] = options.dependencies ? withoutDisabled(project, service) : service;
    else disabledServices[name] = service;
  }
  return { ...project, services, disabledServices };
}

function withoutDisabled(project: Project, service: Service): Service {
  const dependencies = Object.entries(service.depends_on ?? {});
  const enabled = dependencies.filter(([name]) => own(project.services, name) !== undefined);
  if (enabled.length === dependencies.length) return service;
  const { depends_on: _all, ...rest } = service;
  return enabled.length === 0 ? rest : { ...rest, depends_on: Object.fromEntries(enabled) };
}

/** @throws TcomposeError COMPOSE_UNDEFINED for a required dependency that profiles disable. */
function requireDependencies(project: Project, name: string): void {
  for (const [dependency, { required }] of Object.entries(own(project.services, name)?.depends_on ?? {})) {
    if (own(project.services, dependency) !== undefined || !required) continue;
    const profiles = own(project.disabledServices, dependency)?.profiles ?? [];
    throw new TcomposeError(
      'COMPOSE_UNDEFINED',
      `service ${dependency} is required by ${name} but is disabled. Can be enabled by profiles [${profiles.join(' ')}]`,
      { hint: `Add --profile ${profiles[0] ?? 'NAME'}, or mark the dependency with required: false.` },
    );
  }
}
