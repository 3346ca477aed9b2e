import { buildPathTable } from '../normalize/path-table.ts';
import { isList, isMap, type Tree, type TreeMap } from '../tree.ts';
import { toHostList, toMapping, toSequence } from './convert.ts';

/** How two values of one attribute are merged. `mappings` and `values` are the general merge, below the same place. */
export type MergeRule = (base: Tree, override: Tree, general: GeneralMerge) => Tree;

export interface GeneralMerge {
  readonly mappings: (base: TreeMap, override: TreeMap) => Tree;
  /** Merge by the default rules, without this attribute's own rule. */
  readonly values: (base: Tree, override: Tree) => Tree;
}

const replace: MergeRule = (_, override) => override;

const sequence: MergeRule = (base, override) => [...toSequence(base), ...toSequence(override)];

const hosts: MergeRule = (base, override) => {
  const merged = toHostList(base);
  const known = new Set(merged);
  for (const item of toHostList(override)) if (!known.has(item)) merged.push(item);
  return merged;
};

const byName =
  (entry: TreeMap | null): MergeRule =>
  (base, override, general) =>
    general.values(toMapping(base, entry), toMapping(override, entry));

const build: MergeRule = (base, override, general) => general.values(toBuild(base), toBuild(override));

function toBuild(value: Tree): Tree {
  return typeof value === 'string' ? { context: value } : value;
}

/** Options of one logging driver have no meaning for another. */
const logging: MergeRule = (base, override, general) => {
  if (isMap(base) && isMap(override)) {
    const from = base.driver ?? null;
    const to = override.driver ?? null;
    if (from !== null && to !== null && from !== to) return override;
  }
  return general.values(base, override);
};

/** Address pools are the same if their subnet is; those that the override doesn't repeat are dropped. */
const pools: MergeRule = (base, override, general) => {
  if (!isList(base) || !isList(override)) return general.values(base, override);
  return override.map((pool) => {
    const known = base.find((one) => isMap(one) && isMap(pool) && one.subnet === pool.subnet);
    return isMap(known) && isMap(pool) ? general.mappings(known, pool) : pool;
  });
};

const service = (rule: MergeRule, ...names: string[]) =>
  names.map((name) => [`services.*.${name}`, rule] as const);

/**
 * Attributes that don't merge by the default (mappings key by key, lists appended, scalars replaced). Source: the
 * Compose Specification, Merge, and the conformance cases.
 */
export const mergeTable = buildPathTable<MergeRule>([
  ...service(replace, 'command', 'entrypoint', 'healthcheck.test', 'ulimits.*', 'build.ulimits.*'),
  ...service(
    sequence,
    'annotations',
    'build.additional_contexts',
    'build.args',
    'build.labels',
    'build.no_cache_filter',
    'build.ssh',
    'deploy.labels',
    'dns',
    'dns_opt',
    'dns_search',
    'env_file',
    'environment',
    'label_file',
    'labels',
    'sysctls',
    'tmpfs',
  ),
  ...service(hosts, 'build.extra_hosts', 'extra_hosts'),
  ...service(byName({ condition: 'service_started', required: true }), 'depends_on'),
  ...service(byName(null), 'models', 'networks'),
  ...service(build, 'build'),
  ...service(logging, 'logging'),
  ['networks.*.ipam.config', pools],
  ['networks.*.labels', sequence],
  ['volumes.*.labels', sequence],
  ['secrets.*.labels', sequence],
  ['configs.*.labels', sequence],
  ['models.*.runtime_flags', replace],
]);
