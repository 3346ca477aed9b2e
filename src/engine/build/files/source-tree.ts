import type { IgnoreDecision, IgnoreMatcher } from '../../../build/ignore/matcher.ts';
import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { joined, textOfPath } from '../../../confined/names.ts';
import { turns } from '../../../confined/turns.ts';

/** A tree that a step copies from. Paths: see confined/names.ts. */
export interface SourceTree {
  readonly directory: ConfinedDirectory;
  /** What its ignore file leaves out; undefined for what has none. */
  readonly ignore: IgnoreMatcher | undefined;
  /** Everything counts as root's, as what a client sends: a build context. */
  readonly ownerless: boolean;
  /** How messages name it. */
  readonly title: string;
  readonly close: () => Promise<void> | void;
}

/** Something below a source, with what it is. The entry is closed after the visit. */
export interface Visited {
  readonly entry: ConfinedEntry;
  /** Relative to the source; '' for itself. */
  readonly below: string;
}

interface WalkOptions {
  /** `--exclude`: matched against paths relative to the source. */
  readonly excludes?: IgnoreMatcher;
  /** Whether to go on below a directory. */
  readonly enter?: (visited: Visited) => boolean;
}

/** A directory that is passed through: visited only once something below it is. */
interface Passed {
  readonly visited: Visited;
  told: boolean;
}

/** Whether the ignore file leaves a path of the tree out. */
export const isIgnored = (tree: SourceTree, path: string): boolean =>
  path !== '' && tree.ignore !== undefined && tree.ignore.decide(textOfPath(path)).excluded;

/**
 * Visits what is at `path` and below, parents first, names sorted; what is left out by the ignore file or by `excludes` is not
 * visited, and its directories are not opened unless something in them may be taken back.
 */
export async function walk(
  tree: SourceTree,
  path: string,
  options: WalkOptions,
  visit: (visited: Visited) => Promise<void> | void,
): Promise<void> {
  const turn = turns();
  const step = async (
    entry: ConfinedEntry,
    below: string,
    above: readonly Passed[],
    decided: Decided,
  ): Promise<void> => {
    await turn();
    const here: Passed = { visited: { entry, below }, told: false };
    const out = decided.ignore?.excluded === true || decided.exclude?.excluded === true;
    if (!out) {
      for (const one of [...above, here]) if (!one.told) await tell(one, visit);
    }
    if (!entry.stat.isDirectory() || options.enter?.(here.visited) === false) return;
    if (out && !mayHold(tree, options, entry.path, below, decided)) return;
    for (const name of await tree.directory.names(entry)) {
      const child = tree.directory.find(joined(entry.path, name));
      if (child === undefined) continue;
      try {
        const childBelow = joined(below, name);
        await step(child, childBelow, [...above, here], {
          ignore: tree.ignore?.decide(textOfPath(child.path), decided.ignore),
          exclude: options.excludes?.decide(textOfPath(childBelow), decided.exclude),
        });
      } finally {
        child.close();
      }
    }
  };
  const top = tree.directory.find(path);
  if (top === undefined) return;
  try {
    const ignore = path === '' ? undefined : tree.ignore?.decide(textOfPath(path));
    await step(top, '', [], { ignore, exclude: undefined });
  } finally {
    top.close();
  }
}

interface Decided {
  readonly ignore: IgnoreDecision | undefined;
  readonly exclude: IgnoreDecision | undefined;
}

async function tell(one: Passed, visit: (visited: Visited) => Promise<void> | void): Promise<void> {
  one.told = true;
  await visit(one.visited);
}

function mayHold(
  tree: SourceTree,
  { excludes }: WalkOptions,
  path: string,
  below: string,
  decided: Decided,
): boolean {
  if (decided.ignore?.excluded === true && tree.ignore?.mayIncludeBelow(textOfPath(path)) !== true)
    return false;
  return decided.exclude?.excluded !== true || excludes?.mayIncludeBelow(textOfPath(below)) === true;
}
