import { posix } from 'node:path';
import { cleanPath } from '../../../build/go-path.ts';
import { GlobError, globExpression, hasWildcard } from '../../../build/ignore/glob.ts';
import { compilePattern, matches } from '../../../build/ignore/pattern.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { baseOf, bytesOfPath, joined, textOfPath } from '../../../confined/names.ts';
import { TcomposeError } from '../../../errors.ts';
import { errnoNameOf } from '../../../sys/at-calls.ts';
import { isIgnored, type SourceTree, walk } from './source-tree.ts';

/** What a source of COPY or ADD refers to. */
export interface Selected {
  /** Path in its tree, with links followed. */
  readonly path: string;
  /** The name it gets inside a directory. */
  readonly name: string;
  readonly directory: boolean;
  /** With `--parents`: the directories it keeps, from the top of the tree. */
  readonly parents: string;
}

/**
 * What one source refers to, in the order of the tree: a name that has to exist, or a pattern that may match nothing.
 * @param how `parents`: with the directories that `--parents` keeps; `literal`: a name, whatever characters it contains
 * @throws TcomposeError BUILD_STEP when it does not exist
 */
export async function select(
  tree: SourceTree,
  source: string,
  how: 'pattern' | 'parents' | 'literal' = 'pattern',
): Promise<readonly Selected[]> {
  if (how === 'parents') return selectWithParents(tree, source);
  const text = cleanPath(`/${source}`).slice(1);
  if (how === 'pattern' && hasWildcard(text)) return selectMatching(tree, text);
  const path = bytesOfPath(how === 'literal' ? text : text.replace(/\\(.)/g, '$1'));
  const entry = found(tree, path, `/${text}`);
  if (entry === undefined || isIgnored(tree, entry.path)) {
    entry?.close();
    throw missing(tree, `/${text}`);
  }
  return [selected(entry, baseOf(path))];
}

function found(tree: SourceTree, path: string, shown: string): ConfinedEntry | undefined {
  try {
    return tree.directory.find(path, true);
  } catch (error) {
    if (errnoNameOf(error) !== 'ELOOP') throw error;
    // A link that leads out of the tree by its own name ends at that name again at the top.
    if (leadsOut(tree, shown.slice(1)) !== undefined) throw missing(tree, shown);
    throw checksumError(tree, 'too many links', shown);
  }
}

function checksumError(tree: SourceTree, why: string, shown: string): TcomposeError {
  return new TcomposeError(
    'BUILD_STEP',
    `failed to compute cache key: failed to calculate checksum of ref ${tree.title}: ${why}`,
    { hint: `${shown} is part of a loop of symbolic links.` },
  );
}

function missing(tree: SourceTree, shown: string): TcomposeError {
  return new TcomposeError(
    'BUILD_STEP',
    `failed to compute cache key: failed to calculate checksum of ref ${tree.title}: ${JSON.stringify(shown)}: not found`,
    { hint: whyMissing(tree, shown) },
  );
}

function whyMissing(tree: SourceTree, shown: string): string {
  const path = shown.slice(1);
  const by = tree.ignore?.decide(path);
  if (by?.excluded === true) {
    const line = by.by === undefined ? undefined : tree.ignoreFile?.lines[by.by];
    return line === undefined
      ? `The ignore file leaves ${path} out of the build context.`
      : `Line ${line.line} of ${tree.ignoreFile?.name} (${line.pattern}) leaves ${path} out of the build context.`;
  }
  const link = leadsOut(tree, path);
  if (link === undefined) return `There is no ${shown} in ${tree.title}.`;
  const way = tree.ownerless ? '; additional_contexts can add that directory' : '';
  return `${link.path} is a link to ${link.text}, outside of ${tree.title}${way}.`;
}

/** The first link on the way to a path that names a place outside of the tree. */
function leadsOut(tree: SourceTree, path: string): { path: string; text: string } | undefined {
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth++) {
    const at = parts.slice(0, depth).join('/');
    const entry = findIfPossible(tree, bytesOfPath(at));
    try {
      if (entry?.stat.isSymbolicLink() !== true) continue;
      const text = textOfPath(entry.linkText());
      const parent = textOfPath(entry.path).split('/').slice(0, -1).join('/');
      const out =
        text.startsWith('/') ||
        posix.normalize(`${parent}/${text}`.replace(/^\//, '')).match(/^\.\.(?:\/|$)/) !== null;
      if (out) return { path: at, text };
    } finally {
      entry?.close();
    }
  }
  return undefined;
}

function findIfPossible(tree: SourceTree, path: string): ConfinedEntry | undefined {
  try {
    return tree.directory.find(path);
  } catch {
    return undefined;
  }
}

function selected(entry: ConfinedEntry, name: string, parents = ''): Selected {
  const { path, stat } = entry;
  entry.close();
  return { path, name, directory: stat.isDirectory(), parents };
}

/** The matches of a pattern, name by name: `*`, `?` and brackets don't match a slash. */
async function selectMatching(tree: SourceTree, pattern: string): Promise<readonly Selected[]> {
  let paths: readonly string[] = [''];
  for (const part of pattern.split('/')) {
    const expression = expressionOf(part, pattern);
    const next: string[] = [];
    for (const path of paths) {
      const directory = tree.directory.find(path, true);
      if (directory === undefined) continue;
      try {
        if (!directory.stat.isDirectory()) continue;
        const names = await tree.directory.names(directory);
        next.push(
          ...names.filter((name) => expression.test(textOfPath(name))).map((name) => joined(path, name)),
        );
      } finally {
        directory.close();
      }
    }
    paths = next;
  }
  return paths.flatMap((path) => {
    const shown = `/${textOfPath(path)}`;
    const entry = found(tree, path, shown);
    if (entry === undefined) {
      if (isIgnored(tree, path)) return [];
      throw missing(tree, shown);
    }
    if (!entered(tree, entry)) {
      entry.close();
      return [];
    }
    return [selected(entry, baseOf(path))];
  });
}

/** Whether the ignore file lets the entry through, or for a directory something below it. */
function entered(tree: SourceTree, entry: ConfinedEntry): boolean {
  if (!isIgnored(tree, entry.path)) return true;
  return entry.stat.isDirectory() && tree.ignore?.mayIncludeBelow(textOfPath(entry.path)) === true;
}

function expressionOf(part: string, pattern: string): RegExp {
  try {
    return globExpression(part);
  } catch (error) {
    if (error instanceof GlobError)
      throw new TcomposeError('BUILD_STEP', `invalid includepatterns: [${pattern}]: ${error.message}`);
    throw error;
  }
}

/** `--parents`: keeps the path from the top, or from the part after `/./`; `**` matches directories, links are not followed. */
async function selectWithParents(tree: SourceTree, source: string): Promise<readonly Selected[]> {
  const pivot = source.indexOf('/./');
  const head = pivot < 0 ? '' : cleanPath(`/${source.slice(0, pivot)}`).slice(1);
  const text = cleanPath(
    `/${pivot < 0 ? source : source.slice(0, pivot + 1) + source.slice(pivot + 3)}`,
  ).slice(1);
  const parentsOf = (path: string): string => {
    const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
    const prefix = bytesOfPath(head);
    if (prefix === '') return parent;
    return parent === prefix
      ? ''
      : parent.startsWith(`${prefix}/`)
        ? parent.slice(prefix.length + 1)
        : parent;
  };
  const nothingKept = text === '' || (pivot >= 0 && text === head);
  if (!hasWildcard(text)) {
    const entry = nothingKept ? undefined : withoutLinks(tree, bytesOfPath(text));
    if (entry === undefined || isIgnored(tree, entry.path)) {
      entry?.close();
      throw missing(tree, `/${text}`);
    }
    return [selected(entry, baseOf(entry.path), parentsOf(entry.path))];
  }
  const matching = compilePattern(text);
  const all: Selected[] = [];
  await walk(tree, '', {}, ({ path, stat, below }) => {
    const inside = all.some((one) => one.directory && below.startsWith(`${one.path}/`));
    if (below === '' || inside || !matches(text, matching, textOfPath(below))) return;
    all.push({ path, name: baseOf(path), directory: stat.isDirectory(), parents: parentsOf(path) });
  });
  return all;
}

/** What is at a path without any links in it. */
function withoutLinks(tree: SourceTree, path: string): ConfinedEntry | undefined {
  const entry = tree.directory.find(path);
  if (entry === undefined || entry.path === path) return entry;
  entry.close();
  return undefined;
}
