import type { SourcePlace } from '../../errors.ts';
import type { Positions } from '../positions.ts';
import { isList, isMap, own, ownMap, type Tree, type TreeMap, type TreePath } from '../tree.ts';
import type { Warning } from '../warning.ts';
import { nestedSupport, resourceSupport, type SupportEntry, serviceSupport } from './support.ts';

/** Values of attributes that require nothing beyond one machine. */
const harmless: Readonly<Record<string, readonly Tree[]>> = {
  'deploy.mode': ['replicated'],
  'pre_start.*.per_replica': [false, 'false'],
  use_api_socket: [false, 'false'],
};

interface Use {
  readonly entry: SupportEntry;
  readonly where: SourcePlace | undefined;
  readonly users: Set<string>;
}

type Note = (
  attribute: string,
  entry: SupportEntry,
  user: string,
  path: TreePath,
  value: Tree | undefined,
) => void;

/**
 * Warns once about each attribute that is accepted but has no effect, naming the services or resources that use it.
 * Only enabled services of the canonical tree count.
 */
export function warnUnsupported(
  tree: TreeMap,
  positions: Positions,
  disabled: ReadonlySet<string>,
  warn: (warning: Warning) => void,
): void {
  const uses = new Map<string, Use>();
  const note: Note = (attribute, entry, user, path, value) => {
    if (value === undefined || value === null || harmless[attribute]?.includes(value)) return;
    const known = uses.get(attribute);
    if (known !== undefined) known.users.add(user);
    else uses.set(attribute, { entry, where: positions.place(path), users: new Set([user]) });
  };
  for (const [name, service] of Object.entries(ownMap(tree, 'services') ?? {})) {
    if (!isMap(service) || disabled.has(name)) continue;
    noteService(service, name, note);
    warnIdleInterval(service, name, positions, warn);
  }
  for (const [path, entry] of warned(resourceSupport)) {
    const [section = '', attribute] = path.split('.');
    if (attribute === undefined) continue;
    for (const [name, resource] of Object.entries(ownMap(tree, section) ?? {})) {
      if (isMap(resource)) note(path, entry, name, [section, name, attribute], own(resource, attribute));
    }
  }
  for (const [name, network] of Object.entries(ownMap(tree, 'networks') ?? {})) {
    if (isMap(network)) warnIdle(network, name, positions, warn);
  }
  for (const [attribute, { entry, where, users }] of uses) {
    const message = `"${attribute}" is not supported: ${entry.note} (${[...users].join(', ')})`;
    warn({ message, ...(where === undefined ? {} : { where }) });
  }
}

/** Docker Compose accepts it in `config`, and refuses it in `up`. */
function warnIdleInterval(
  service: TreeMap,
  name: string,
  positions: Positions,
  warn: (warning: Warning) => void,
): void {
  const check = ownMap(service, 'healthcheck');
  if (check === undefined || own(check, 'start_interval') === undefined) return;
  if (own(check, 'start_period') !== undefined) return;
  const where = positions.place(['services', name, 'healthcheck', 'start_interval']);
  const message = `services.${name}.healthcheck: "start_interval" has no effect without "start_period"`;
  warn({ message, hint: 'Set start_period.', ...(where === undefined ? {} : { where }) });
}

/** Attributes of an external network, which is used unchanged. */
function warnIdle(
  network: TreeMap,
  name: string,
  positions: Positions,
  warn: (warning: Warning) => void,
): void {
  if (network.external !== true && network.external !== 'true') return;
  for (const key of Object.keys(network)) {
    if (key === 'external' || key === 'name' || key.startsWith('x-')) continue;
    const where = positions.place(['networks', name, key]);
    const message = `networks.${name}: "${key}" has no effect on an external network`;
    warn({ message, ...(where === undefined ? {} : { where }) });
  }
}

const warned = (table: Readonly<Record<string, SupportEntry>>): [string, SupportEntry][] =>
  Object.entries(table).filter(([, entry]) => entry.support === 'warning');

const serviceWarnings = warned(serviceSupport);
const nestedWarnings = warned(nestedSupport).map(([path, entry]) => ({
  path,
  steps: path.split('.'),
  entry,
}));

function noteService(service: TreeMap, name: string, note: Note): void {
  for (const [attribute, entry] of serviceWarnings) {
    note(attribute, entry, name, ['services', name, attribute], own(service, attribute));
  }
  for (const { path, steps, entry } of nestedWarnings) {
    if (!Object.hasOwn(service, steps[0] ?? '')) continue;
    for (const [at, value] of nodesAt(service, steps, ['services', name])) note(path, entry, name, at, value);
  }
}

/** The nodes that match a pattern of steps, where `*` is every item of a list. */
function nodesAt(
  node: Tree | undefined,
  steps: readonly string[],
  path: TreePath,
): [TreePath, Tree | undefined][] {
  const [step, ...rest] = steps;
  if (step === undefined) return [[path, node]];
  if (step === '*') {
    return isList(node) ? node.flatMap((item, index) => nodesAt(item, rest, [...path, index])) : [];
  }
  return isMap(node) && Object.hasOwn(node, step) ? nodesAt(own(node, step), rest, [...path, step]) : [];
}
