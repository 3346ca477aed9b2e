import { TcomposeError } from '../../errors.ts';
import { canonicalize } from '../canonical/canonicalize.ts';
import type { LoadRun } from '../load-run.ts';
import { mergeTrees } from '../merge/merge.ts';
import { applyRemovals } from '../merge/remove.ts';
import { enforceUnicity } from '../merge/unicity.ts';
import { applyDefaults } from '../normalize/defaults.ts';
import { mapsIn, resolvePaths } from '../normalize/paths.ts';
import { maxProblems } from '../problems.ts';
import { type ComposeDocument, readDocuments } from '../read/read-documents.ts';
import { type Contents, contentsOf, resolveEnvironment } from '../read/resolve-environment.ts';
import { isList, isMap, nodeAt, own, ownMap, type Tree, type TreeMap, type TreePath } from '../tree.ts';
import { checkBlankNames } from '../validate/blank-values.ts';
import { errorsIn, Mistakes } from '../validate/mistakes.ts';
import { checkRules } from '../validate/rules.ts';
import { validate } from '../validate/validate.ts';
import { checkVariableNames } from '../validate/variable-names.ts';
import type { ExtendScope } from './extend-scope.ts';
import { extendServices } from './extends.ts';
import { includeProjects } from './include.ts';
import { LayeredPositions } from './layers.ts';
import type { LoadedTree } from './loaded-tree.ts';

/**
 * Reads compose files and merges them, document by document: variables, include, extends, merge, form, canonical
 * syntax; then, for all together, defaults, rules, paths and variables without a value. The order is that of
 * compose-go's loader.
 * @param files absolute paths, or `-`.
 * @throws TcomposeError(s) for mistakes after which loading can't continue; others are in the result.
 */
export async function loadFiles(files: readonly string[], run: LoadRun): Promise<LoadedTree> {
  const positions = new LayeredPositions();
  const mistakes = new Mistakes();
  const included: Contents = new Map();
  let tree: TreeMap = {};
  try {
    for (const file of files) {
      const source = await run.read(file);
      mistakes.add(source.mistakes);
      const inside: LoadRun = { ...run, includedBy: [...run.includedBy, file] };
      for (const document of readDocuments(source, inside)) {
        mistakes.takeOut(document.errors, document.tree);
        tree = await addDocument(tree, document, file, { positions, mistakes, contents: included }, inside);
      }
    }
  } catch (error) {
    mistakes.add(errorsIn(error));
    mistakes.throwAll();
  }
  if (Object.keys(tree).length === 0) {
    mistakes.throwAll();
    throw new TcomposeError('COMPOSE_YAML', `empty compose file: ${files.join(', ')}`, {
      hint: 'Define services under the key "services".',
    });
  }
  applyDefaults(tree);
  mistakes.add(checkRules(tree, positions));
  mistakes.add(checkBlankNames(tree, positions));
  mistakes.add(checkVariableNames(tree, positions));
  if (run.pathBase !== '') resolvePaths(tree, { directory: run.pathBase, home: run.effects.home });
  if (run.options.noPathResolution !== true) await followWatchLinks(tree, run);
  if (run.options.noInterpolate === true) return { tree, positions, mistakes, contents: new Map() };
  resolveEnvironment(tree, run.environment);
  return { tree, positions, mistakes, contents: contentsOf(tree, run.environment, included) };
}

async function addDocument(
  before: TreeMap,
  document: ComposeDocument,
  file: string,
  { positions, mistakes, contents }: Omit<LoadedTree, 'tree'>,
  run: LoadRun,
): Promise<TreeMap> {
  for (const included of await includeProjects(document, run, loadFiles)) {
    for (const layer of included.layers) positions.add(layer);
    for (const [place, content] of included.contents) contents.set(place, content);
  }
  applyRemovals(before, document.removals, (path, item) => canonicalItems(path, item, run));
  const services = ownMap(document.tree, 'services');
  if (services !== undefined) {
    const scope: ExtendScope = {
      file,
      directory: run.workingDir,
      services,
      earlier: ownMap(before, 'services'),
      removals: document.removals,
      positions: document.positions,
      done: new Map(),
    };
    for (const layer of await extendServices(scope, run)) positions.add(layer);
  }
  positions.add(document.layer);
  const merged = mergeTrees(before, document.tree, document.positions);
  const touched = enforceUnicity(partOf(merged, document.tree));
  const breaches = validate(touched, positions);
  if (breaches.length > 0) {
    mistakes.takeOut(breaches, touched, merged);
    if (validate(touched, positions).length > 0) mistakes.throwAll();
  }
  dropVersion(touched, document, run);
  try {
    canonicalize(touched, positions, { skipInterpolation: run.options.noInterpolate === true });
  } catch (error) {
    const errors = errorsIn(error);
    mistakes.takeOut(errors, touched);
    // There may be further ones, whose values are still in the tree.
    if (errors.length >= maxProblems) mistakes.throwAll();
  }
  for (const service of mapsIn(touched, 'services')) dropEmptyNames(service);
  delete merged.version;
  return putBack(merged, enforceUnicity(touched));
}

const sections = ['services', 'networks', 'volumes', 'secrets', 'configs', 'models'];

/**
 * The parts of a merged tree that a document contributed to: the top-level keys it has, and in sections the entries it
 * names. The rest is as the phases left it after earlier documents, so that a file with many documents is checked in
 * linear time.
 */
function partOf(merged: TreeMap, document: TreeMap): TreeMap {
  const part: TreeMap = {};
  for (const key of Object.keys(document)) {
    const value = merged[key] ?? null;
    const names = document[key];
    if (!sections.includes(key) || !isMap(value) || !isMap(names)) {
      part[key] = value;
      continue;
    }
    const entries: TreeMap = {};
    for (const name of Object.keys(names))
      if (Object.hasOwn(value, name)) entries[name] = value[name] ?? null;
    part[key] = entries;
  }
  return part;
}

/** The inverse of `partOf`: puts the part's values in place of those they were made from. */
function putBack(merged: TreeMap, part: TreeMap): TreeMap {
  for (const [key, value] of Object.entries(part)) {
    const known = own(merged, key);
    if (sections.includes(key) && isMap(known) && isMap(value)) Object.assign(known, value);
    else merged[key] = value;
  }
  return merged;
}

/** `version` has no meaning any more. */
function dropVersion(tree: TreeMap, document: ComposeDocument, run: LoadRun): void {
  if (own(tree, 'version') === undefined) return;
  delete tree.version;
  const where = document.positions.place(['version']);
  run.warn({
    message:
      'the attribute `version` is obsolete, it will be ignored, please remove it to avoid potential confusion',
    ...(where === undefined ? {} : { where }),
  });
}

/** Name servers from an empty variable are dropped. */
function dropEmptyNames(service: TreeMap): void {
  const dns = own(service, 'dns');
  if (isList(dns) && dns.includes('')) service.dns = dns.filter((entry) => entry !== '');
}

/** The canonical form of a list item; nothing if it has none by itself. */
function canonicalItems(path: TreePath, item: Tree, run: LoadRun): readonly Tree[] {
  const [section, name, attribute] = path;
  if (section !== 'services' || path.length !== 3) return [];
  const small: TreeMap = { services: { [String(name)]: { [String(attribute)]: [item] } } };
  try {
    const canonical = canonicalize(small, new LayeredPositions(), {
      skipInterpolation: run.options.noInterpolate === true,
    });
    const items = nodeAt(canonical, path);
    return isList(items) ? items : [];
  } catch {
    return [];
  }
}

/** Replaces a watched path by its target if it is a link: file events name the target. */
async function followWatchLinks(tree: TreeMap, run: LoadRun): Promise<void> {
  for (const service of mapsIn(tree, 'services')) {
    const rules = ownMap(service, 'develop')?.watch;
    if (!isList(rules)) continue;
    for (const rule of rules) {
      if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) continue;
      if (typeof rule.path === 'string') rule.path = await run.effects.realPath(rule.path);
    }
  }
}
