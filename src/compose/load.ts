import { TcomposeError } from '../errors.ts';
import { closure } from '../graph/graph.ts';
import { loadFiles } from './assemble/load-files.ts';
import type { LoadedTree } from './assemble/loaded-tree.ts';
import { checkConsistency } from './consistency/consistency.ts';
import { checkMakeable } from './consistency/makeable.ts';
import { type LoadEffects, nodeEffects } from './effects.ts';
import { variablesIn } from './interpolate/interpolate.ts';
import type { VariableUse } from './interpolate/template.ts';
import type { LoadRun, LoadSwitches } from './load-run.ts';
import type { Project } from './model/project.ts';
import type { Service } from './model/service.ts';
import { normalize } from './normalize/normalize.ts';
import { throwCollected } from './problems.ts';
import { type Discovered, type DiscoverOptions, discover } from './read/discover.ts';
import { resolveServiceFiles } from './read/env-files.ts';
import { projectName } from './read/project-name.ts';
import { putContents } from './read/resolve-environment.ts';
import { dependencyGraph } from './select/dependency-graph.ts';
import { disabledBy, profilesOf } from './select/profiles.ts';
import { expandNames, selectServices } from './select/select.ts';
import { toModel } from './to-model.ts';
import { own, ownMap, type TreeMap } from './tree.ts';
import { checkNeededValues } from './validate/blank-values.ts';
import { errorsIn } from './validate/mistakes.ts';
import type { Warning } from './warning.ts';
import { readSource, type Source } from './yaml/index.ts';

export interface LoadOptions extends DiscoverOptions, LoadSwitches {
  /** `-p`. */
  readonly projectName?: string | undefined;
  /** Services to keep, by name or pattern, with their dependencies; they enable their own profiles. Empty: all. */
  readonly services?: readonly string[] | undefined;
  /** `false` keeps only the named services. Default true. */
  readonly dependencies?: boolean | undefined;
  /** Refuse what can't be made into containers: for commands that create some. */
  readonly toMake?: boolean | undefined;
  /** Keep `env_file` and `label_file` in the model after reading them. Default false. */
  readonly keepEnvFiles?: boolean | undefined;
  /** Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Default: the process's. */
  readonly cwd?: string | undefined;
  /** Default: this Node process's. */
  readonly effects?: LoadEffects | undefined;
}

interface LoadedProject {
  readonly project: Project;
  readonly warnings: readonly Warning[];
  /** Absolute paths of the .env files that were read. */
  readonly envFiles: readonly string[];
}

/** A project before it has types: the merged canonical tree, which `config --no-interpolate` prints. */
interface LoadedProjectTree {
  readonly name: string;
  readonly tree: TreeMap;
  /** Services that are disabled by their profiles; they are in the tree. */
  readonly disabled: ReadonlySet<string>;
  readonly warnings: readonly Warning[];
}

interface Prepared extends Discovered {
  readonly name: string;
  /** The name comes from the directory. */
  readonly afterDirectory: boolean;
  readonly run: LoadRun;
  readonly warnings: Warning[];
}

/**
 * Loads a project: finds its files, reads and merges them, checks and completes the result, removes services that
 * profiles or the selection exclude, and reads the environment files of the rest. The phases change the tree in place
 * and read no files:
 *
 *     per file, on the tree merged so far   validate → canonicalize
 *     once, on the merged canonical tree    applyDefaults → checkRules → (paths made absolute) → normalize → (profiles)
 *                                           → toModel → checkConsistency → (selection, environment files)
 *
 * @throws TcomposeError, or TcomposeErrors when several mistakes were found at once.
 */
export async function loadProject(options: LoadOptions = {}): Promise<LoadedProject> {
  const prepared = await prepare(options);
  const { run, name, warnings } = prepared;
  const loaded = await loadFiles(prepared.files, run);
  const project = finish(loaded, prepared, options);
  const missing: TcomposeError[] = [];
  const services: Record<string, Service> = {};
  for (const [key, service] of Object.entries(project.services)) {
    services[key] = service;
    if (options.noEnvResolution === true) continue;
    try {
      const context = { ...run, positions: loaded.positions };
      services[key] = await resolveServiceFiles(service, context, {
        envFiles: options.keepEnvFiles === true,
        // Other tools include the name of a label file in the hash.
        labelFiles: options.keepEnvFiles === true || options.toMake === true,
      });
    } catch (error) {
      missing.push(...errorsIn(error));
    }
  }
  throwCollected(missing);
  return {
    project: {
      ...project,
      name,
      services,
      ...(prepared.afterDirectory ? { namedAfterDirectory: true } : {}),
    },
    warnings,
    envFiles: prepared.envFiles,
  };
}

/**
 * Loads a project up to the merged canonical tree, without selecting or removing anything.
 * @throws TcomposeError(s)
 */
export async function loadProjectTree(options: LoadOptions = {}): Promise<LoadedProjectTree> {
  const { run, name, warnings, files, profiles, environment } = await prepare(options);
  const { tree, mistakes } = await loadFiles(files, run);
  mistakes.throwAll();
  const loaded = { name, disabled: disabledBy(tree, profiles), warnings };
  if (options.noNormalize === true) return { ...loaded, tree };
  const named: TreeMap = { ...tree, name };
  // If variables are not replaced, they also give no value to an entry that only names one.
  normalize(named, { projectName: name, environment: options.noInterpolate === true ? {} : environment });
  return { ...loaded, tree: named };
}

/**
 * The variables that the compose files refer to, sorted by name; of several uses, the first that has more than the
 * name.
 * @throws TcomposeError(s)
 */
export async function loadVariables(options: LoadOptions = {}): Promise<readonly VariableUse[]> {
  const { tree } = await loadProjectTree({ ...options, noInterpolate: true, noNormalize: true });
  const byName = new Map<string, VariableUse>();
  for (const use of variablesIn(tree)) {
    const known = byName.get(use.name);
    const saysMore = use.required || use.defaultValue !== '' || use.alternateValue !== '';
    const knownSays = known?.required || known?.defaultValue || known?.alternateValue;
    if (known === undefined || (saysMore && !knownSays)) byName.set(use.name, use);
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

async function prepare(options: LoadOptions): Promise<Prepared> {
  const defaults = options.effects ?? nodeEffects();
  const effects: LoadEffects = {
    ...defaults,
    env: options.env ?? defaults.env,
    cwd: options.cwd ?? defaults.cwd,
    home: options.env === undefined ? defaults.home : (options.env.HOME ?? defaults.home),
  };
  const warnings: Warning[] = [];
  const warn = (warning: Warning) => {
    if (!warnings.some((known) => known.message === warning.message)) warnings.push(warning);
  };
  const found = await discover(options, effects, warn);
  const sources = new Map<string, Promise<Source>>();
  const read = (file: string) => {
    const known = sources.get(file) ?? readFile(file, effects, warn);
    sources.set(file, known);
    return known;
  };
  const { name, afterDirectory } = await projectName(options, found, read);
  const environment = { ...found.environment, COMPOSE_PROJECT_NAME: name };
  const run: LoadRun = {
    effects,
    options,
    workingDir: found.workingDir,
    pathBase: options.noPathResolution === true ? '' : found.workingDir,
    environment,
    warn,
    warned: new Set(),
    read,
    extendedFiles: new Map(),
    includedBy: [],
  };
  return { ...found, environment, name, afterDirectory, run, warnings };
}

async function readFile(
  file: string,
  effects: LoadEffects,
  warn: (warning: Warning) => void,
): Promise<Source> {
  let bytes: Uint8Array;
  try {
    bytes = file === '-' ? await effects.readStdin() : await effects.readFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TcomposeError('COMPOSE_NO_FILE', `${file} can't be read: ${reason}`, { cause });
  }
  return readSource(file, bytes, warn);
}

/** Names of the services that remain. */
function chosen(project: Project, named: readonly string[], options: LoadOptions): ReadonlySet<string> {
  if (named.length === 0) return new Set(Object.keys(project.services));
  return options.dependencies === false ? new Set(named) : closure(dependencyGraph(project), named);
}

function finish(
  { tree, positions, mistakes, contents }: LoadedTree,
  prepared: Prepared,
  options: LoadOptions,
): Project {
  const { name, environment, workingDir, files, run } = prepared;
  const wanted = options.services ?? [];
  const services = ownMap(tree, 'services') ?? {};
  const named = wanted.length === 0 ? [] : expandNames(wanted, Object.keys(services));
  const profiles = [...prepared.profiles];
  for (const service of named) {
    for (const profile of profilesOf(own(services, service)))
      if (!profiles.includes(profile)) profiles.push(profile);
  }
  tree.name = name;
  putContents(tree, contents);
  if (options.noNormalize !== true) normalize(tree, { projectName: name, environment });
  const errors: TcomposeError[] = [];
  const project = toModel(tree, {
    name,
    workingDir,
    composeFiles: files,
    environment,
    profiles: profiles.filter((profile) => profile !== ''),
    positions,
    warn: run.warn,
    disabled: disabledBy(tree, profiles),
    errors,
  });
  mistakes.add(errors);
  if (options.noConsistency !== true)
    mistakes.add(checkConsistency(project, positions, chosen(project, named, options)));
  mistakes.throwAll();
  const selected = selectServices(project, named, { dependencies: options.dependencies !== false });
  if (options.toMake === true) {
    const used = Object.entries(services).filter(([key]) => own(selected.services, key) !== undefined);
    throwCollected([
      ...checkNeededValues({ services: Object.fromEntries(used) }, positions),
      ...checkMakeable(selected, positions),
    ]);
  }
  return selected;
}
