import { globExpression, hasWildcard } from '../../../build/ignore/glob.ts';
import { createIgnoreMatcher, type IgnoreDecision } from '../../../build/ignore/matcher.ts';
import { type ContentSelector, sha256 } from '../../../build/llb/operation.ts';
import { baseOf, bytesOfPath, textOfPath } from '../../../confined/names.ts';
import type { SourceTree } from './source-tree.ts';
import type { StatCache } from './stat-cache.ts';
import { type TreeRecord, treeRecords, wholeDigest } from './tree-records.ts';

/** The digest by which BuildKit's caches identify what is selected of a tree; undefined when part of it does not exist. */
export async function treeChecksum(
  tree: SourceTree,
  selectors: readonly ContentSelector[],
  files: StatCache,
): Promise<string | undefined> {
  const digests: string[] = [];
  for (const selector of selectors) {
    const digest = await selectedDigest(tree, selector, files);
    if (digest === undefined) return undefined;
    digests.push(digest);
  }
  return sha256(digests.join('\0'));
}

async function selectedDigest(
  tree: SourceTree,
  selector: ContentSelector,
  files: StatCache,
): Promise<string | undefined> {
  const { path, wildcard, followLinks, includes, excludes } = selector;
  if (!wildcard && includes.length === 0 && excludes.length === 0) {
    const found = await recordAt(tree, bytesOfPath(path), followLinks, files);
    return found === undefined ? undefined : wholeDigest(found);
  }
  const fixed = wildcard ? fixedPart(path) : path;
  const top = await recordAt(tree, bytesOfPath(fixed), true, files);
  if (top === undefined) return wildcard ? sha256('') : undefined;
  const included = wildcard ? matching(top, fixed, selector) : filtered(top, selector);
  const digests: { name: string; digest: string }[] = [];
  for (const { record, named } of included) {
    const digest =
      record.kind === 'link' && followLinks && named
        ? await linkedDigest(tree, record, files)
        : record.digest;
    if (digest === undefined) return undefined;
    digests.push({ name: baseOf(record.path), digest });
  }
  const [first] = digests;
  if (first === undefined) return sha256('');
  if (digests.length === 1 && textOfPath(first.name) === baseOf(path)) return first.digest;
  return sha256(Buffer.from(digests.map(({ name, digest }) => name + digest).join('\0'), 'latin1'));
}

async function recordAt(
  tree: SourceTree,
  path: string,
  followLinks: boolean,
  files: StatCache,
): Promise<TreeRecord | undefined> {
  const entry = tree.directory.find(path, followLinks);
  entry?.close();
  return entry === undefined ? undefined : treeRecords(tree, entry.path, files);
}

async function linkedDigest(
  tree: SourceTree,
  { path }: TreeRecord,
  files: StatCache,
): Promise<string | undefined> {
  const found = await recordAt(tree, path, true, files);
  return found === undefined ? undefined : wholeDigest(found);
}

/** The directories of a pattern before its first wildcard. */
function fixedPart(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex(hasWildcard);
  return parts.slice(0, first).join('/') || '/';
}

interface Included {
  readonly record: TreeRecord;
  /** A pattern matches the entry itself, not only a directory above it. */
  readonly named: boolean;
}

/**
 * A record with its path in the form used for matching: absolute, with links in the selector's own path as they are
 * written.
 */
interface Placed {
  readonly record: TreeRecord;
  readonly at: string;
}

function* placed(record: TreeRecord, at: string): Generator<Placed> {
  yield { record, at };
  for (const child of record.children)
    yield* placed(child, `${at === '/' ? '' : at}/${textOfPath(baseOf(child.path))}`);
}

/** What a pattern matches, with everything below it, minus what the exclusions match. */
function matching(top: TreeRecord, fixed: string, { path, includes, excludes }: ContentSelector) {
  const expression = globExpression(path);
  const decide = decider(includes, excludes);
  const found: Included[] = [];
  let last = '';
  let parents: Parent[] = [];
  for (const { record, at } of placed(top, fixed)) {
    if (last === '' || !at.startsWith(`${last}/`)) {
      if (!expression.test(at)) continue;
      last = at;
      parents = [];
    }
    parents = parents.filter((parent) => at.startsWith(`${parent.at}/`));
    take(record, at, at.slice(last.length + 1), at === last, { parents, decide, found });
  }
  return found;
}

/** What is below a path and passes the patterns, with its parents. */
function filtered(top: TreeRecord, { path, includes, excludes }: ContentSelector): readonly Included[] {
  const decide = decider(includes, excludes);
  const found: Included[] = [];
  let parents: Parent[] = [];
  for (const { record, at } of placed(top, path)) {
    // The top of a tree is not part of what is copied.
    if (at === '/') continue;
    parents = parents.filter((parent) => at.startsWith(`${parent.at}/`));
    const below = path === '/' ? at.slice(1) : at.slice(path.length + 1);
    take(record, at, below, false, { parents, decide, found });
  }
  return found;
}

interface Parent extends Included {
  readonly at: string;
  readonly decision: Decision;
  included: boolean;
}

interface Taking {
  readonly parents: Parent[];
  readonly decide: Decide;
  readonly found: Included[];
}

function take(
  record: TreeRecord,
  at: string,
  below: string,
  named: boolean,
  { parents, decide, found }: Taking,
): void {
  const decision = decide(below, parents.at(-1)?.decision);
  if (decision.included) {
    for (const parent of parents) {
      if (!parent.included) found.push(parent);
      parent.included = true;
    }
    found.push({ record, named });
  }
  if (record.kind === 'directory') parents.push({ record, named, at, decision, included: decision.included });
}

interface Decision {
  readonly included: boolean;
  readonly include: IgnoreDecision | undefined;
  readonly exclude: IgnoreDecision | undefined;
}

type Decide = (below: string, parent: Decision | undefined) => Decision;

function decider(includes: readonly string[], excludes: readonly string[]): Decide {
  const including = includes.length === 0 ? undefined : createIgnoreMatcher(includes);
  const excluding = excludes.length === 0 ? undefined : createIgnoreMatcher(excludes);
  return (below, parent) => {
    if (below === '') return { included: including === undefined, include: undefined, exclude: undefined };
    const include = including?.decide(below, parent?.include);
    const exclude = excluding?.decide(below, parent?.exclude);
    return { included: include?.excluded !== false && exclude?.excluded !== true, include, exclude };
  };
}
