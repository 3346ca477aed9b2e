import { fstatSync } from 'node:fs';
import type { IgnoreLine } from '../../../build/ignore/ignore-file.ts';
import type { IgnoreDecision, IgnoreMatcher } from '../../../build/ignore/matcher.ts';
import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { cName, joined, textOfPath } from '../../../confined/names.ts';
import { turns } from '../../../confined/turns.ts';
import { type FileStatus, statusAt } from '../../../sys/file-status.ts';

/** Where a matcher's patterns come from. */
export interface IgnoreFile {
  readonly name: string;
  /** By index of the pattern. */
  readonly lines: readonly IgnoreLine[];
}

/** A tree that a step copies from. Paths: see confined/names.ts. */
export interface SourceTree {
  readonly directory: ConfinedDirectory;
  /** What its ignore file leaves out; undefined without one. */
  readonly ignore: IgnoreMatcher | undefined;
  readonly ignoreFile?: IgnoreFile | undefined;
  /** Everything counts as owned by root and without extended attributes, as for files that a client sends: a build context. */
  readonly ownerless: boolean;
  /** The tree's name in messages. */
  readonly title: string;
  readonly close: () => Promise<void> | void;
}

/** Something below a source: its lstat(2) result, and the way to open it. */
export interface Visited {
  /** Path in its tree. */
  readonly path: string;
  /** Relative to the source; '' for the source itself. */
  readonly below: string;
  /** Valid during the visit; what is opened later may be something else. */
  readonly stat: FileStatus;
  /** The caller closes it; undefined when it is gone. */
  open(): ConfinedEntry | undefined;
}

interface WalkOptions {
  /** `--exclude`: matched against paths relative to the source. */
  readonly excludes?: IgnoreMatcher;
  /** Whether to visit what is below a directory. */
  readonly enter?: (visited: Visited) => boolean;
}

/** A directory on the way: it is visited only once something below it is. */
interface Passed {
  readonly visited: Visited;
  told: boolean;
}

/** Whether the ignore file leaves out a path of the tree. */
export const isIgnored = (tree: SourceTree, path: string): boolean =>
  path !== '' && tree.ignore !== undefined && tree.ignore.decide(textOfPath(path)).excluded;

/**
 * Visits what is at `path` and below, parents first, sorted by name. What the ignore file or `excludes` leave out is
 * not visited, and its directories are not opened unless an exception may apply to something in them.
 */
export async function walk(
  tree: SourceTree,
  path: string,
  options: WalkOptions,
  visit: (visited: Visited) => Promise<void> | void,
): Promise<void> {
  const turn = turns();
  const open = (at: string) => () => tree.directory.find(at);
  const step = async (visited: Visited, above: readonly Passed[], decided: Decided): Promise<void> => {
    await turn();
    const here: Passed = { visited, told: false };
    const { path: at, below, stat } = visited;
    const out = decided.ignore?.excluded === true || decided.exclude?.excluded === true;
    if (!out) {
      for (const one of above) if (!one.told) await tell(one, visit);
      await tell(here, visit);
    }
    if (!stat.isDirectory() || options.enter?.(visited) === false) return;
    if (out && !mayHold(tree, options, at, below, decided)) return;
    const directory = visited.open();
    if (directory === undefined) return;
    try {
      if (!directory.stat.isDirectory()) return;
      const inside = [...above, here];
      for (const name of await tree.directory.names(directory)) {
        const childPath = joined(at, name);
        const childStat = statusAt(directory.fd, cName(name));
        if (childStat === undefined) continue;
        const childBelow = joined(below, name);
        const child = { path: childPath, below: childBelow, stat: childStat, open: open(childPath) };
        await step(child, inside, {
          ignore: tree.ignore?.decide(textOfPath(childPath), decided.ignore),
          exclude: options.excludes?.decide(textOfPath(childBelow), decided.exclude),
        });
      }
    } finally {
      directory.close();
    }
  };
  const top = tree.directory.find(path);
  if (top === undefined) return;
  const stat = fstatSync(top.fd, { bigint: true });
  top.close();
  const ignore = path === '' ? undefined : tree.ignore?.decide(textOfPath(path));
  await step({ path: top.path, below: '', stat, open: open(top.path) }, [], { ignore, exclude: undefined });
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
