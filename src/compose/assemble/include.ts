import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { LoadRun } from '../load-run.ts';
import { mergeAt } from '../merge/merge.ts';
import { applyRemovals } from '../merge/remove.ts';
import { expandHome } from '../normalize/paths.ts';
import { problem } from '../problems.ts';
import { readEnvFiles, requireFile } from '../read/discover.ts';
import type { ComposeDocument } from '../read/read-documents.ts';
import type { Contents } from '../read/resolve-environment.ts';
import { isList, isMap, own, ownMap, type Tree, type TreeMap, type TreePath } from '../tree.ts';
import { fetchedAt } from './fetched-at.ts';
import type { Layer } from './layers.ts';
import type { LoadFiles } from './loaded-tree.ts';

interface IncludeEntry {
  readonly paths: readonly string[];
  readonly projectDirectory: string | undefined;
  readonly envFiles: readonly string[] | undefined;
}

/** What a document includes, besides the tree: where its parts were written, and contents from variables. */
interface Included {
  readonly layers: readonly Layer[];
  readonly contents: Contents;
}

const sections = ['services', 'networks', 'volumes', 'secrets', 'configs', 'models'];

/**
 * Loads the projects that a document includes, each from its own directory and with its own `.env` below the
 * environment, and puts their services and resources into the document's tree; if both have an entry with the same
 * name, the document overrides it. The `include` key is dropped.
 * @throws TcomposeError COMPOSE_INCLUDE for a cycle or a malformed entry, and errors in an included file.
 */
export async function includeProjects(
  document: ComposeDocument,
  run: LoadRun,
  loadFiles: LoadFiles,
): Promise<readonly Included[]> {
  const entries = own(document.tree, 'include');
  delete document.tree.include;
  if (entries === undefined || entries === null) return [];
  const path: TreePath = ['include'];
  if (!isList(entries)) {
    const hint = 'Begin each item with "- ".';
    throw problem('COMPOSE_INCLUDE', 'include must be a list', document.positions, path, { hint });
  }
  const included: Included[] = [];
  for (const [index, node] of entries.entries()) {
    const entry = parseEntry(node, document, [...path, index]);
    included.push(await includeOne(entry, document, [...path, index], run, loadFiles));
  }
  return included;
}

function parseEntry(node: Tree, document: ComposeDocument, path: TreePath): IncludeEntry {
  if (typeof node === 'string') return { paths: [node], projectDirectory: undefined, envFiles: undefined };
  const paths = isMap(node) ? strings(own(node, 'path')) : undefined;
  const envFiles = isMap(node) ? strings(own(node, 'env_file') ?? []) : undefined;
  const directory = isMap(node) ? (own(node, 'project_directory') ?? undefined) : undefined;
  const unknown = isMap(node)
    ? Object.keys(node).find((key) => !['path', 'project_directory', 'env_file'].includes(key))
    : undefined;
  const bad = paths === undefined || paths.length === 0 || envFiles === undefined || unknown !== undefined;
  if (bad || (directory !== undefined && typeof directory !== 'string')) {
    throw problem(
      'COMPOSE_INCLUDE',
      unknown === undefined
        ? 'an include is a path, or has path (one or a list), project_directory, env_file'
        : `additional properties '${unknown}' not allowed in include`,
      document.positions,
      unknown === undefined ? path : [...path, unknown],
    );
  }
  const given = isMap(node) && own(node, 'env_file') !== undefined;
  return { paths, projectDirectory: directory, envFiles: given ? envFiles : undefined };
}

function strings(value: Tree | undefined): string[] | undefined {
  const list = isList(value) ? value : value === undefined || value === null ? [] : [value];
  return list.every((item) => typeof item === 'string') ? (list as string[]) : undefined;
}

async function includeOne(
  entry: IncludeEntry,
  document: ComposeDocument,
  path: TreePath,
  run: LoadRun,
  loadFiles: LoadFiles,
): Promise<Included> {
  const { effects } = run;
  const absolute = (value: string) => resolve(run.workingDir, expandHome(value, effects.home));
  const files: string[] = [];
  for (const file of entry.paths)
    files.push((await fetchedAt(file, run, document.positions, path)) ?? absolute(file));
  for (const file of files) {
    if (run.includedBy.includes(file)) throw cycle([...run.includedBy, file], document, path);
    await requireFile(file, effects).catch((error: unknown) => {
      if (!(error instanceof TcomposeError)) throw error;
      throw problem('COMPOSE_INCLUDE', `include: ${error.message}`, document.positions, path, {
        hint: 'The path is relative to the project directory of the including file.',
      });
    });
  }
  const workingDir =
    entry.projectDirectory === undefined
      ? dirname(files[0] ?? run.workingDir)
      : absolute(entry.projectDirectory);
  const envFiles =
    entry.envFiles?.filter((file) => file !== '/dev/null').map(absolute) ??
    ((await effects.kind(join(workingDir, '.env'))) === 'file' ? [join(workingDir, '.env')] : []);
  const found = await readEnvFiles(envFiles, run.environment, effects, run.warn).catch((error: unknown) => {
    if (!(error instanceof TcomposeError) || error.where !== undefined) throw error;
    throw problem(error.code, error.message, document.positions, [...path, 'env_file'], {
      hint: 'The path is relative to the project directory of the including file.',
    });
  });
  const included = await loadFiles(files, {
    ...run,
    workingDir,
    pathBase: baseOf(entry, workingDir, run),
    environment: { ...Object.fromEntries(found), ...run.environment },
    extendedFiles: new Map(),
  });
  included.mistakes.throwAll();
  importResources(included.tree, document);
  return { layers: included.positions.all(), contents: included.contents };
}

/**
 * What paths of an included project are joined to: its directory; or, if paths are left relative, the directory
 * relative to that of the including project, which adds its own.
 */
function baseOf(entry: IncludeEntry, workingDir: string, run: LoadRun): string {
  if (run.options.noPathResolution !== true) return workingDir;
  const given = entry.projectDirectory;
  const anchored = given !== undefined && isAbsolute(expandHome(given, run.effects.home));
  return anchored ? workingDir : relative(run.workingDir, workingDir);
}

/** The document's own entries override included ones. */
function importResources(included: TreeMap, document: ComposeDocument): void {
  for (const section of sections) {
    const imported = ownMap(included, section);
    if (imported === undefined) continue;
    const mine = own(document.tree, section) ?? {};
    if (!isMap(mine)) continue;
    for (const [name, resource] of Object.entries(imported)) {
      const known = own(mine, name);
      if (known === undefined) mine[name] = resource;
      else {
        const base: TreeMap = { [section]: { [name]: resource } };
        applyRemovals(base, document.removals, () => []);
        const left = ownMap(base, section)?.[name];
        mine[name] = left === undefined ? known : mergeAt([section, name], left, known, document.positions);
      }
    }
    document.tree[section] = mine;
  }
}

function cycle(chain: readonly string[], document: ComposeDocument, path: TreePath): TcomposeError {
  const [first, ...others] = chain;
  return problem(
    'COMPOSE_INCLUDE',
    `include cycle detected:\n${first}\n include ${others.join('\n include ')}`,
    document.positions,
    path,
    { hint: 'Remove one of the includes in the circle.' },
  );
}
