import type { TcomposeError } from '../../errors.ts';
import type { Positions } from '../positions.ts';
import { maxProblems, problem } from '../problems.ts';
import { formatPath, isList, isMap, own, type Tree, type TreeMap, type TreePath } from '../tree.ts';

/**
 * Attributes whose value is a name: an empty one counts as missing, but no image, user or path consists of white space.
 * `*` matches each item of a list or entry of a mapping.
 */
const names = [
  ...[
    ...['cgroup_parent', 'cpuset', 'domainname', 'hostname', 'image', 'ipc', 'isolation', 'mac_address'],
    ...['network_mode', 'pid', 'platform', 'runtime', 'stop_signal', 'user', 'userns_mode', 'uts'],
    ...['cap_add.*', 'cap_drop.*', 'device_cgroup_rules.*', 'dns_opt.*', 'dns_search.*', 'expose.*'],
    ...['external_links.*', 'group_add.*', 'links.*', 'profiles.*', 'security_opt.*', 'volumes_from.*'],
    ...['devices.*.source', 'devices.*.target', 'ports.*.published', 'ports.*.protocol'],
    ...['volumes.*.source', 'volumes.*.target', 'volumes.*.bind.propagation', 'volumes.*.volume.subpath'],
    ...['volumes.*.image.subpath', 'configs.*.target', 'configs.*.uid', 'configs.*.gid'],
    ...['secrets.*.target', 'secrets.*.uid', 'secrets.*.gid', 'logging.driver'],
    ...['networks.*.aliases.*', 'networks.*.interface_name', 'networks.*.mac_address'],
    ...['blkio_config.device_read_bps.*.path', 'blkio_config.device_read_iops.*.path'],
    ...['blkio_config.device_write_bps.*.path', 'blkio_config.device_write_iops.*.path'],
    ...['blkio_config.weight_device.*.path', 'build.context', 'build.dockerfile', 'build.target'],
    ...['build.network', 'build.cache_from.*', 'build.cache_to.*', 'build.tags.*', 'build.platforms.*'],
    ...['build.entitlements.*', 'deploy.resources.reservations.devices.*.capabilities.*'],
    ...['deploy.resources.reservations.devices.*.device_ids.*', 'develop.watch.*.path'],
    ...['develop.watch.*.target', 'develop.watch.*.exec.user', 'develop.watch.*.exec.working_dir'],
    ...['post_start.*.user', 'post_start.*.working_dir', 'pre_stop.*.user', 'pre_stop.*.working_dir'],
    ...['credential_spec.file', 'provider.type'],
  ].map((attribute) => `services.*.${attribute}`),
  ...['name', 'driver', 'ipam.driver', 'ipam.config.*.subnet', 'ipam.config.*.gateway'].map(
    (attribute) => `networks.*.${attribute}`,
  ),
  ...['networks.*.ipam.config.*.ip_range', 'volumes.*.name', 'volumes.*.driver'],
  ...['configs.*.name', 'configs.*.file', 'configs.*.environment'],
  ...['secrets.*.name', 'secrets.*.file', 'secrets.*.environment', 'secrets.*.driver'],
].map((path) => path.split('.'));

/** Items of lists that have no effect when empty; Docker Compose prints them. */
const needed = [
  ...['cap_add.*', 'cap_drop.*', 'device_cgroup_rules.*', 'devices.*.source', 'expose.*', 'external_links.*'],
  ...['group_add.*', 'security_opt.*', 'networks.*.aliases.*'],
  ...['blkio_config.device_read_bps.*.path', 'blkio_config.device_read_iops.*.path'],
  ...['blkio_config.device_write_bps.*.path', 'blkio_config.device_write_iops.*.path'],
  ...['blkio_config.weight_device.*.path', 'build.tags.*', 'build.platforms.*'],
].map((attribute) => `services.*.${attribute}`.split('.'));

/** Items of lists that Docker Compose itself refuses when they are empty; `#` matches items only. */
const refusedEmpty = ['services.*.build.ssh.#', 'services.*.build.additional_contexts.#'].map((path) =>
  path.split('.'),
);

const hint = 'Set the variable in it, or leave the attribute out.';

/** Finds all values with only white space where a name is needed, on the canonical tree. */
export function checkBlankNames(tree: TreeMap, positions: Positions): TcomposeError[] {
  return [
    ...blanks(tree, names, (text) => text !== '' && text.trim() === '', positions),
    ...blanks(tree, refusedEmpty, (text) => text.trim() === '', positions),
  ];
}

/** Finds empty values that the engine would refuse when it creates something with them, on the canonical tree. */
export const checkNeededValues = (tree: TreeMap, positions: Positions): TcomposeError[] =>
  blanks(tree, needed, (text) => text === '', positions);

function blanks(
  tree: TreeMap,
  patterns: readonly (readonly string[])[],
  isBlank: (text: string) => boolean,
  positions: Positions,
): TcomposeError[] {
  const errors: TcomposeError[] = [];
  for (const pattern of patterns)
    each(tree, pattern, [], (text, path) => {
      if (errors.length < maxProblems && isBlank(text))
        errors.push(
          problem('COMPOSE_INVALID_VALUE', `${formatPath(path)} is blank`, positions, path, { hint }),
        );
    });
  return errors;
}

function each(
  node: Tree | undefined,
  pattern: readonly string[],
  path: TreePath,
  visit: (text: string, path: TreePath) => void,
): void {
  const [step, ...rest] = pattern;
  if (step === undefined) {
    if (typeof node === 'string') visit(node, path);
  } else if (isList(node)) {
    if (step === '*' || step === '#')
      for (const [index, item] of node.entries()) each(item, rest, [...path, index], visit);
  } else if (isMap(node)) {
    if (step !== '*') each(own(node, step), rest, [...path, step], visit);
    else for (const [key, item] of Object.entries(node)) each(item, rest, [...path, key], visit);
  }
}
