import type { TcomposeError } from '../errors.ts';
import type { Codec, Cursor, ReadContext } from './codec/codec.ts';
import { fileObject, model, network, volume } from './codec/resource-fields.ts';
import { service } from './codec/service-fields.ts';
import type { Project } from './model/project.ts';
import type { Config, Model, Network, Secret, Volume } from './model/resources.ts';
import type { Service } from './model/service.ts';
import type { Positions } from './positions.ts';
import { throwCollected } from './problems.ts';
import { isMap, ownMap, type Tree, type TreeMap } from './tree.ts';
import { warnUnsupported } from './validate/warn-unsupported.ts';
import type { Warning } from './warning.ts';

/** What the model contains besides the tree. */
interface ModelContext
  extends Pick<Project, 'name' | 'workingDir' | 'composeFiles' | 'environment' | 'profiles'> {
  readonly positions: Positions;
  readonly warn: (warning: Warning) => void;
  /** Names of services that profiles disable; they become `disabledServices`. */
  readonly disabled: ReadonlySet<string>;
  /** Collects errors about invalid values, which are then left out of the project; if absent they are thrown. */
  readonly errors?: TcomposeError[];
}

/**
 * The typed project for a canonical tree: durations as nanoseconds, sizes as bytes, command lines as words, lists of
 * KEY=VALUE as mappings. Errors about invalid values are all collected or thrown together; warns once about each
 * attribute without effect.
 */
export function toModel(tree: TreeMap, context: ModelContext): Project {
  const { positions, warn, disabled, errors: collected, ...facts } = context;
  const errors: TcomposeError[] = collected ?? [];
  const read: ReadContext = { positions, errors, warn };
  const everything = readServices(tree, read);
  const project: Project = {
    ...facts,
    services: pick(everything, (name) => !disabled.has(name)),
    networks: readSection<Network>(tree, 'networks', network, read),
    volumes: readSection<Volume>(tree, 'volumes', volume, read),
    secrets: readSection<Secret>(tree, 'secrets', fileObject, read),
    configs: readSection<Config>(tree, 'configs', fileObject, read),
    models: readSection<Model>(tree, 'models', model, read),
    disabledServices: pick(everything, (name) => disabled.has(name)),
    extensions: Object.fromEntries(Object.entries(tree).filter(([key]) => key.startsWith('x-'))),
  };
  if (collected === undefined) throwCollected(errors);
  warnUnsupported(tree, positions, disabled, warn);
  return project;
}

function readServices(tree: TreeMap, context: ReadContext): Record<string, Service> {
  const services = readSection<Omit<Service, 'name'>>(tree, 'services', service, context);
  return Object.fromEntries(
    Object.entries(services).map(([name, attributes]) => [name, { name, ...attributes }]),
  );
}

/** The entries of a section, sorted by name. */
function readSection<T>(
  tree: TreeMap,
  section: string,
  codec: Codec,
  context: ReadContext,
): Record<string, T> {
  const top: Cursor = { key: section, parent: undefined };
  const entries: Record<string, T> = {};
  const nodes = ownMap(tree, section) ?? {};
  for (const name of Object.keys(nodes).sort()) {
    const node: Tree = nodes[name] ?? {};
    const value = isMap(node) ? codec.read(node, { key: name, parent: top }, context) : undefined;
    if (value !== undefined) entries[name] = value as T;
  }
  return entries;
}

const pick = <T>(
  entries: Readonly<Record<string, T>>,
  wanted: (name: string) => boolean,
): Record<string, T> => Object.fromEntries(Object.entries(entries).filter(([name]) => wanted(name)));
