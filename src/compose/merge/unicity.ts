import { parseVolume } from '../canonical/volumes.ts';
import { buildPathTable, type PathTable, stepInto } from '../normalize/path-table.ts';
import { isMap, own, type Tree, type TreeMap } from '../tree.ts';
import { scalarText } from '../yaml/index.ts';

/** What identifies an item of a list; undefined for items without an identity. */
export type Identity = (item: Tree) => string | undefined;

const text = (value: Tree | undefined): string | undefined =>
  value === undefined || value === null || typeof value === 'object' ? undefined : scalarText(value);

const byKey: Identity = (item) => text(item)?.split('=', 1)[0];

const byValue: Identity = (item) => text(item);

const byPath: Identity = (item) => (isMap(item) ? text(own(item, 'path')) : text(item));

const byVolumeTarget: Identity = (item) => {
  if (isMap(item)) return text(own(item, 'target'));
  if (typeof item !== 'string') return undefined;
  const volume = parseVolume(item);
  return 'error' in volume ? undefined : text((volume as TreeMap).target);
};

const byDeviceTarget: Identity = (item) => {
  if (isMap(item)) return text(own(item, 'target')) ?? text(own(item, 'source'));
  const [source, target] = text(item)?.split(':') ?? [];
  return target ?? source;
};

const byMountedFile =
  (directory: string): Identity =>
  (item) => {
    if (!isMap(item)) return text(item) === undefined ? undefined : `${directory}/${text(item)}`;
    const source = text(own(item, 'source'));
    return text(own(item, 'target')) ?? (source === undefined ? undefined : `${directory}/${source}`);
  };

/** A port by address, published port, target and protocol; a short form by its spelling. */
const byPort: Identity = (item) => {
  if (!isMap(item)) return text(item);
  const target = text(own(item, 'target'));
  if (target === undefined) return undefined;
  const part = (name: string, fallback: string) => text(own(item, name)) ?? fallback;
  return `${part('host_ip', '0.0.0.0')}:${part('published', '')}:${target}/${part('protocol', 'tcp')}`;
};

const service = (identity: Identity, ...names: string[]) =>
  names.map((name) => [`services.*.${name}`, identity] as const);

/** Lists whose items are unique. Source: the Compose Specification, Merge, "Unique resources", and the conformance cases. */
export const unicityTable = buildPathTable<Identity>([
  ...service(
    byKey,
    'annotations',
    'build.additional_contexts',
    'build.args',
    'build.labels',
    'build.platform',
    'build.tags',
    'cap_add',
    'cap_drop',
    'deploy.labels',
    'dns',
    'dns_opt',
    'dns_search',
    'environment',
    'labels',
    'links',
    'networks.*.aliases',
    'networks.*.link_local_ips',
    'profiles',
    'sysctls',
    'tmpfs',
  ),
  ...service(byValue, 'expose', 'label_file'),
  ...service(byPath, 'env_file'),
  ...service(byVolumeTarget, 'volumes'),
  ...service(byDeviceTarget, 'devices'),
  ...service(byMountedFile(''), 'configs'),
  ...service(byMountedFile('/run/secrets'), 'secrets', 'build.secrets'),
  ...service(byPort, 'ports'),
  ['networks.*.labels', byKey],
  ['volumes.*.labels', byKey],
]);

/**
 * Leaves one item for each identity in lists of unique items: at the place of the first, with the value of the last.
 * Changes the tree in place.
 */
export function enforceUnicity(tree: TreeMap): TreeMap {
  walk(tree, unicityTable);
  return tree;
}

function walk(node: Tree, table: PathTable<Identity>): void {
  if (!isMap(node)) return;
  for (const key in node) {
    const below = stepInto(table, key);
    if (below === undefined) continue;
    const value = node[key] as Tree;
    if (Array.isArray(value)) {
      if (below.rule !== undefined) node[key] = unique(value, below.rule);
    } else walk(value, below);
  }
}

/** Keeps all items without an identity. */
function unique(items: Tree[], identity: Identity): Tree[] {
  if (items.length < 2) return items;
  const result: Tree[] = [];
  const positions = new Map<string, number>();
  for (const item of items) {
    const key = identity(item);
    const known = key === undefined ? undefined : positions.get(key);
    if (known !== undefined) result[known] = item;
    else {
      if (key !== undefined) positions.set(key, result.length);
      result.push(item);
    }
  }
  return result.length === items.length ? items : result;
}
