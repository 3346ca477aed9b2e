import { dependenciesFirst } from '../../graph/order.ts';
import { compareBytes } from '../codec/key-order.ts';
import type { Project } from '../model/project.ts';
import type { Service } from '../model/service.ts';
import { dependencyGraph } from '../select/dependency-graph.ts';
import { isList, isMap, ownMap, type TreeMap } from '../tree.ts';
import { configHash, serviceHashInput } from './hash-input.ts';

/** `config --services`: names of the enabled services, each after its dependencies, otherwise by name. */
export const serviceNames = (project: Project): string[] => [...dependenciesFirst(dependencyGraph(project))];

/**
 * `config --images`: the image of each service, `<project>-<service>` for one that is only built. Services with a
 * provider have none.
 */
export const imageNames = (project: Project): string[] =>
  services(project)
    .filter((service) => service.provider === undefined)
    .map((service) => service.image ?? `${project.name}-${service.name}`);

/** `config --volumes`: keys of the top-level volumes, sorted. */
export const volumeNames = (project: Project): string[] => Object.keys(project.volumes).sort(compareBytes);

/** `config --networks`: keys of the top-level networks, sorted. */
export const networkNames = (project: Project): string[] => Object.keys(project.networks).sort(compareBytes);

/** `config --models`: the models, sorted by key. */
export const modelNames = (project: Project): string[] =>
  Object.keys(project.models)
    .sort(compareBytes)
    .map((key) => project.models[key]?.model ?? key);

/** `config --profiles`: profiles of all services, enabled or not, sorted. */
export function profileNames(project: Project): string[] {
  const all = [...Object.values(project.services), ...Object.values(project.disabledServices)];
  return [...new Set(all.flatMap((service) => service.profiles ?? []))].sort(compareBytes);
}

/** `config --environment`: `KEY=value` lines of the interpolation environment, sorted. */
export const environmentLines = (project: Project): string[] =>
  Object.entries(project.environment)
    .map(([key, value]) => `${key}=${value}`)
    .sort(compareBytes);

/** `config --hash`: `service hash` lines, sorted; for the named services, or all. */
export function hashLines(
  project: Project,
  names: readonly string[] = Object.keys(project.services),
): string[] {
  return [...names].sort(compareBytes).flatMap((name) => {
    const service = project.services[name];
    return service === undefined ? [] : [`${name} ${configHash(serviceHashInput(service))}`];
  });
}

const services = (project: Project): Service[] =>
  Object.keys(project.services)
    .sort(compareBytes)
    .map((name) => project.services[name]!);

type TreeListing = (loaded: WrittenProject) => readonly string[];

interface WrittenProject {
  readonly tree: TreeMap;
  /** Services that their profiles disable. */
  readonly disabled: ReadonlySet<string>;
}

/** Listings of a project without interpolation: the other listings print keys, which contain no variables. */
export const treeListings: Readonly<Record<string, TreeListing | undefined>> = {
  services: ({ tree }) => servicesIn(tree).map(([name]) => name),
  images: ({ tree, disabled }) =>
    servicesIn(tree).flatMap(([name, { provider, image }]) =>
      provider === undefined && !disabled.has(name) ? [String(image ?? `${String(tree.name)}-${name}`)] : [],
    ),
  profiles: ({ tree }) => {
    const all = servicesIn(tree).flatMap(([, { profiles }]) =>
      isList(profiles) ? profiles.map(String) : [],
    );
    return [...new Set(all)].sort(compareBytes);
  },
};

const servicesIn = (tree: TreeMap): [name: string, service: TreeMap][] =>
  Object.entries(ownMap(tree, 'services') ?? {})
    .filter((entry): entry is [string, TreeMap] => isMap(entry[1]))
    .sort(([a], [b]) => compareBytes(a, b));
