import { cleanTarget } from '../canonical/volumes.ts';
import { isList, isMap, own, ownMap, setOwn, type Tree, type TreeMap } from '../tree.ts';

interface Context {
  readonly projectName: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Makes explicit, in place, what a canonical tree only implies: the default network, dependencies from links and shared
 * namespaces, names of resources, the values of variables without one, the Dockerfile, the image of pre_start hooks.
 */
export function normalize(tree: TreeMap, context: Context): TreeMap {
  const networks = ownMap(tree, 'networks') ?? {};
  for (const service of Object.values(ownMap(tree, 'services') ?? {})) {
    if (!isMap(service)) continue;
    if (joinDefaultNetwork(service)) networks.default ??= {};
    normalizeService(service, context);
  }
  if (Object.keys(networks).length > 0) tree.networks = networks;
  for (const section of ['networks', 'volumes', 'configs', 'secrets']) nameResources(tree, section, context);
  return tree;
}

/** Whether the service is on the network `default`: it names it, or names no network at all. */
function joinDefaultNetwork(service: TreeMap): boolean {
  const networks = ownMap(service, 'networks') ?? {};
  if (Object.keys(networks).length > 0) return Object.hasOwn(networks, 'default');
  if (service.network_mode !== undefined || service.provider !== undefined) return false;
  service.networks = { default: null };
  return true;
}

function normalizeService(service: TreeMap, context: Context): void {
  if (service.pull_policy === 'if_not_present') service.pull_policy = 'missing';
  const { build } = service;
  if (isMap(build)) {
    build.context ??= '.';
    if (build.dockerfile === undefined && build.dockerfile_inline === undefined)
      build.dockerfile = 'Dockerfile';
    if (build.args !== undefined) build.args = resolveVariables(build.args, context, 'drop');
  }
  if (service.environment !== undefined) {
    service.environment = resolveVariables(service.environment, context, 'keep');
  }
  addDependencies(service);
  if (isList(service.volumes)) {
    for (const mount of service.volumes) {
      if (isMap(mount) && typeof mount.target === 'string') mount.target = cleanTarget(mount.target);
    }
  }
  if (isList(service.pre_start) && service.image !== undefined) {
    for (const hook of service.pre_start) if (isMap(hook)) hook.image ??= service.image;
  }
}

/** Gives variables without a value the project's; those that the project lacks are dropped or kept unchanged. */
function resolveVariables(node: Tree, context: Context, missing: 'drop' | 'keep'): Tree {
  if (isList(node)) {
    return node.flatMap((item) => {
      if (typeof item !== 'string' || item.includes('=')) return [item];
      const value = own(context.environment, item);
      if (value !== undefined) return [`${item}=${value}`];
      return missing === 'drop' ? [] : [item];
    });
  }
  if (!isMap(node)) return node;
  for (const key of Object.keys(node)) {
    if (node[key] !== null) continue;
    const value = own(context.environment, key);
    if (value !== undefined) node[key] = value;
    else if (missing === 'drop') delete node[key];
  }
  return node;
}

/** Namespaces that may belong to another service. */
const shareable = ['network_mode', 'ipc', 'pid', 'uts', 'cgroup'];

function addDependencies(service: TreeMap): void {
  const implied = new Map<string, boolean>();
  const imply = (name: string, restart: boolean) => {
    if (!implied.has(name)) implied.set(name, restart);
  };
  for (const link of texts(service.links)) imply(link.split(':')[0] ?? link, true);
  for (const namespace of shareable) {
    const value = service[namespace];
    if (typeof value === 'string' && value.startsWith('service:'))
      imply(value.slice('service:'.length), true);
  }
  for (const from of texts(service.volumes_from)) {
    if (!from.startsWith('container:')) imply(from.split(':')[0] ?? from, false);
  }
  if (implied.size === 0) return;
  const dependencies = isMap(service.depends_on) ? service.depends_on : {};
  for (const [name, restart] of implied) {
    if (Object.hasOwn(dependencies, name)) continue;
    setOwn(dependencies, name, { condition: 'service_started', restart, required: true });
  }
  service.depends_on = dependencies;
}

const texts = (list: Tree | undefined): string[] =>
  isList(list) ? list.filter((item): item is string => typeof item === 'string') : [];

function nameResources(tree: TreeMap, section: string, { projectName }: Context): void {
  const resources = ownMap(tree, section);
  for (const [key, resource] of Object.entries(resources ?? {})) {
    const named = isMap(resource) ? resource : {};
    const external = named.external === true || named.external === 'true';
    // A blank name stays blank. A default instead could be the name of something that does not belong to the project.
    if (named.name === undefined) named.name = external ? key : `${projectName}_${key}`;
    if (resources !== undefined) resources[key] = named;
  }
}
