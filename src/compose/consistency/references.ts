import { nearest } from '../../nearest.ts';
import type { Project } from '../model/project.ts';
import type { Service } from '../model/service.ts';
import { own, type TreePath } from '../tree.ts';
import type { Report } from './report.ts';

/**
 * Checks the names that a service uses: networks, volumes, configs, secrets, models, other services must be defined in
 * the project.
 */
export function checkReferences(project: Project, service: Service, report: Report): void {
  const at: TreePath = ['services', service.name];
  const defined = (section: 'networks' | 'volumes' | 'configs' | 'secrets' | 'models', noun: string) => {
    const known = project[section];
    // The schema allows a reference without a name; an empty name is as undefined as any.
    return (given: string | undefined, path: TreePath) => {
      const name = given ?? '';
      if (own<unknown>(known, name) !== undefined) return;
      const message = `service "${service.name}" refers to undefined ${noun} ${name}`;
      report('COMPOSE_UNDEFINED', path, message, hintFor(name, Object.keys(known), section));
    };
  };
  const network = defined('networks', 'network');
  for (const name of Object.keys(service.networks ?? {})) network(name, [...at, 'networks', name]);
  const volume = defined('volumes', 'volume');
  for (const [index, mount] of (service.volumes ?? []).entries()) {
    if (mount.type === 'volume' && mount.source) volume(mount.source, [...at, 'volumes', index]);
  }
  const config = defined('configs', 'config');
  for (const [index, use] of (service.configs ?? []).entries()) config(use.source, [...at, 'configs', index]);
  const secret = defined('secrets', 'secret');
  for (const [index, use] of (service.secrets ?? []).entries()) secret(use.source, [...at, 'secrets', index]);
  const buildSecret = defined('secrets', 'build secret');
  for (const [index, use] of (service.build?.secrets ?? []).entries()) {
    buildSecret(use.source, [...at, 'build', 'secrets', index]);
  }
  const model = defined('models', 'model');
  for (const name of Object.keys(service.models ?? {})) model(name, [...at, 'models', name]);
  checkDependencies(project, service, report);
  checkContexts(project, service, report);
}

function didYouMean(name: string, known: readonly string[]): string | undefined {
  const near = nearest(name, known);
  return near === undefined ? undefined : `Did you mean "${near}"?`;
}

const hintFor = (name: string, known: readonly string[], section: string): string =>
  didYouMean(name, known) ?? `Define it under the top-level "${section}".`;

function checkDependencies(project: Project, service: Service, report: Report): void {
  const at: TreePath = ['services', service.name];
  for (const [name, dependency] of Object.entries(service.depends_on ?? {})) {
    if (own(project.services, name) !== undefined) continue;
    const disabled = own(project.disabledServices, name);
    if (disabled !== undefined && !dependency.required) continue;
    const message = `service "${service.name}" depends on undefined service "${name}"`;
    const way = wayToDependency(service, name);
    const hint =
      disabled === undefined
        ? (didYouMean(name, Object.keys(project.services)) ??
          `Define it under "services"${way[0] === 'depends_on' ? ', or set "required: false"' : ''}.`)
        : `It is left out by its profiles: ${(disabled.profiles ?? []).join(', ')}.`;
    report('COMPOSE_UNDEFINED', [...at, ...way], message, hint);
  }
}

/** The attribute that makes a service depend on another. */
function wayToDependency(service: Service, name: string): TreePath {
  const reference = `service:${name}`;
  for (const key of ['network_mode', 'ipc', 'pid', 'uts', 'cgroup'] as const) {
    if (service[key] === reference) return [key];
  }
  const link = (service.links ?? []).findIndex((entry) => entry.split(':')[0] === name);
  if (link !== -1) return ['links', link];
  const from = (service.volumes_from ?? []).findIndex((entry) => entry.split(':')[0] === name);
  return from === -1 ? ['depends_on', name] : ['volumes_from', from];
}

function checkContexts(project: Project, service: Service, report: Report): void {
  const prefix = 'service:';
  for (const [context, value] of Object.entries(service.build?.additional_contexts ?? {})) {
    if (!value.startsWith(prefix)) continue;
    const name = value.slice(prefix.length);
    // Profiles determine what runs, not what is built.
    const target = own(project.services, name) ?? own(project.disabledServices, name);
    if (target?.build !== undefined) continue;
    const kind = target === undefined ? 'unknown' : 'non-buildable';
    const message = `service "${service.name}" declares ${kind} service "${name}" as additional contexts ${context}`;
    const path = ['services', service.name, 'build', 'additional_contexts', context];
    const hint = target === undefined ? didYouMean(name, Object.keys(project.services)) : undefined;
    report('COMPOSE_UNDEFINED', path, message, hint);
  }
}
