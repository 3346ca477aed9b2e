import type { ErrorCode } from '../../error-codes.ts';
import type { TcomposeError } from '../../errors.ts';
import type { Positions } from '../positions.ts';
import { maxProblems, problem, throwCollected } from '../problems.ts';
import { formatPath, isList, isMap, ownMap, type Tree, type TreeMap, type TreePath } from '../tree.ts';
import { parseDevice } from './devices.ts';
import { parsePort } from './ports.ts';
import { parseVolume } from './volumes.ts';

interface Pass {
  readonly positions: Positions;
  readonly skipInterpolation: boolean;
  readonly errors: TcomposeError[];
  /** Number of entries from expanded port ranges. */
  ports: number;
}

/** Most ports from the ranges of one file: a thousand lines of full ranges would fill the memory. */
const maxPorts = 500_000;

type Expand = (node: Tree, path: TreePath, pass: Pass) => Tree;

/**
 * Converts short syntax to long in a valid tree, in place; long syntax stays. Lists and mappings of KEY=VALUE keep
 * their form, which merging the next file needs. Throws for invalid ports, volumes and devices, all of them together.
 */
export function canonicalize(
  tree: TreeMap,
  positions: Positions,
  options: { readonly skipInterpolation: boolean },
): TreeMap {
  const pass: Pass = { positions, skipInterpolation: options.skipInterpolation, errors: [], ports: 0 };
  forEachEntry(tree, 'services', (service, name) => {
    if (!isMap(service)) return service;
    for (const attribute of Object.keys(service)) {
      const expand = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
      if (expand === undefined) continue;
      const long = expand(service[attribute] ?? null, ['services', name, attribute], pass);
      if (long === null) delete service[attribute];
      else service[attribute] = long;
    }
    return service;
  });
  for (const section of ['networks', 'volumes', 'secrets', 'configs', 'models']) {
    forEachEntry(tree, section, (resource, name) =>
      resource === null && options.skipInterpolation
        ? null
        : section === 'models'
          ? (resource ?? {})
          : expandResource(resource ?? {}, [section, name], pass),
    );
  }
  throwCollected(pass.errors);
  return tree;
}

function forEachEntry(tree: TreeMap, section: string, change: (node: Tree, name: string) => Tree): void {
  const entries = ownMap(tree, section);
  if (entries === undefined) {
    if (tree[section] === null) tree[section] = {};
    return;
  }
  for (const name of Object.keys(entries)) entries[name] = change(entries[name] ?? null, name);
}

const toList: Expand = (node) => (typeof node === 'string' ? [node] : node);

/** `toList`, except where variables stay: Docker Compose leaves such an attribute as it is written. */
const toListOfValues: Expand = (node, _, pass) => (pass.skipInterpolation ? node : toList(node, _, pass));

const listToMap =
  (value: () => Tree): Expand =>
  (node) =>
    isList(node) ? Object.fromEntries(node.map((name) => [String(name), value()])) : node;

const inKey =
  (key: string): Expand =>
  (node) =>
    typeof node === 'string' ? { [key]: node } : node;

const eachItem =
  (expand: Expand): Expand =>
  (node, path, pass) => {
    if (!isList(node)) return node;
    for (let index = 0; index < node.length; index += 1) {
      const item = node[index];
      if (typeof item === 'string') node[index] = expand(item, [...path, index], pass);
    }
    return node;
  };

const shortForm =
  (noun: string, parse: (text: string) => TreeMap | { readonly error: string }): Expand =>
  (node, path, pass) => {
    const text = String(node);
    if (pass.skipInterpolation && text.includes('$')) return node;
    const long = parse(text);
    if (typeof long.error !== 'string') return long as TreeMap;
    return fail(noun, text, long.error, path, pass);
  };

function fail(noun: string, text: string, why: string, path: TreePath, pass: Pass): Tree {
  if (pass.errors.length >= maxProblems) return text;
  const code: ErrorCode = 'COMPOSE_SHORT_SYNTAX';
  const message = `${formatPath(path)}: invalid ${noun} "${text}": ${why}`;
  const hint = /[“”‘’]/.test(text) ? 'The quotes are typographic: write " or \'.' : hints[noun];
  pass.errors.push(problem(code, message, pass.positions, path, hint === undefined ? {} : { hint }));
  return text;
}

/** The correct form of each short syntax. */
const hints: Readonly<Record<string, string>> = {
  port: 'Write [IP:][HOST:]CONTAINER[/PROTOCOL], such as "8080:80".',
  volume: 'Write [SOURCE:]TARGET[:OPTIONS], such as ./data:/data:ro.',
  device: 'Write HOST[:CONTAINER[:PERMISSIONS]], such as /dev/fuse:/dev/fuse:rw.',
};

const expandPorts: Expand = (node, path, pass) => {
  if (!isList(node)) return node;
  const hasVariable = node.some((item) => typeof item === 'string' && item.includes('$'));
  if (pass.skipInterpolation && hasVariable) return node;
  const long: Tree[] = [];
  for (const [index, item] of node.entries()) {
    if (typeof item === 'number' && !Number.isInteger(item))
      fail('port', String(item), 'a port is a whole number', [...path, index], pass);
    else if (typeof item === 'number') long.push({ target: item });
    else if (typeof item !== 'string') long.push(item);
    else {
      const ports = parsePort(item);
      if ('error' in ports) fail('port', item, ports.error, [...path, index], pass);
      else if (!spend(ports.length, [...path, index], pass)) return node;
      else for (const port of ports) long.push(port);
    }
  }
  return long;
};

/** False, with one error, when the ranges of the file have too many ports. */
function spend(count: number, path: TreePath, pass: Pass): boolean {
  const fits = pass.ports <= maxPorts;
  pass.ports += count;
  if (pass.ports <= maxPorts) return true;
  if (fits) {
    const message = `${formatPath(path)}: the port ranges come to more than ${maxPorts} ports`;
    pass.errors.push(problem('COMPOSE_TOO_LARGE', message, pass.positions, path));
  }
  return false;
}

const checkExposed: Expand = (node, path, pass) => {
  for (const [index, item] of (isList(node) ? node : []).entries())
    if (typeof item === 'number' && !Number.isInteger(item))
      fail('port', String(item), 'a port is a whole number', [...path, index], pass);
  return node;
};

const expandDependencies: Expand = (node, path, pass) => {
  const map = listToMap(() => ({ condition: 'service_started', required: true }))(node, path, pass);
  if (!isMap(map)) return map;
  for (const dependency of Object.values(map)) if (isMap(dependency)) dependency.required ??= true;
  return map;
};

const expandEnvFiles: Expand = (node) => {
  const items = typeof node === 'string' ? [node] : node;
  if (!isList(items)) return items;
  return items.map((item): Tree => {
    if (typeof item === 'string') return { path: item, required: true };
    if (isMap(item)) item.required ??= true;
    return item;
  });
};

const expandGrants = eachItem((node) => ({ source: node }));

const expandBuild: Expand = (node, path, pass) => {
  const build = inKey('context')(node, path, pass);
  if (!isMap(build)) return build;
  if (build.secrets !== undefined) {
    build.secrets = expandGrants(build.secrets, [...path, 'secrets'], pass);
  }
  if (build.no_cache_filter !== undefined) {
    build.no_cache_filter = toList(build.no_cache_filter, path, pass);
  }
  for (const key of ['provenance', 'sbom'])
    if (typeof build[key] === 'boolean') build[key] = String(build[key]);
  return build;
};

const expandWatch: Expand = (node, path, pass) => {
  if (!isMap(node) || !isList(node.watch)) return node;
  for (const rule of node.watch) {
    if (!isMap(rule)) continue;
    for (const key of ['include', 'ignore']) {
      if (rule[key] !== undefined) rule[key] = toList(rule[key] ?? null, path, pass);
    }
  }
  return node;
};

/** Attributes of a service that have a short syntax. */
const attributes: Readonly<Record<string, Expand>> = {
  build: expandBuild,
  configs: expandGrants,
  depends_on: expandDependencies,
  deploy: (node) => node,
  develop: expandWatch,
  devices: eachItem(shortForm('device', parseDevice)),
  dns: toList,
  dns_search: toListOfValues,
  env_file: expandEnvFiles,
  expose: checkExposed,
  extends: inKey('service'),
  gpus: (node) => (node === 'all' ? [{ count: 'all' }] : node),
  label_file: toList,
  models: listToMap(() => null),
  networks: listToMap(() => null),
  ports: expandPorts,
  secrets: expandGrants,
  tmpfs: toListOfValues,
  volumes: eachItem(shortForm('volume', parseVolume)),
};

/** `external: {name: x}`, the old spelling, to `name: x, external: true`. */
function expandResource(resource: Tree, path: TreePath, pass: Pass): Tree {
  if (!isMap(resource) || !isMap(resource.external)) return resource;
  const { name } = resource.external;
  if (name !== undefined) {
    if (resource.name !== undefined && resource.name !== name) {
      const message = `${formatPath(path)}: name and external.name conflict; only use name`;
      pass.errors.push(problem('COMPOSE_EXCLUSIVE', message, pass.positions, [...path, 'external']));
    }
    resource.name = name;
  }
  resource.external = true;
  return resource;
}
