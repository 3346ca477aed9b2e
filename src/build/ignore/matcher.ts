import { TcomposeError } from '../../errors.ts';
import { cleanPath } from '../go-path.ts';
import { GlobError, globExpression } from './glob.ts';
import { compilePattern, type Matching, matches } from './pattern.ts';

/** What the patterns decide for a path. */
export interface IgnoreDecision {
  readonly excluded: boolean;
  /** Index of the pattern that decided, in the list the matcher was made from; undefined when none matched. */
  readonly by: number | undefined;
  /** Which patterns match the path or a parent of it; used to decide about what is below. */
  readonly matched: readonly boolean[];
}

/** The patterns of an ignore file, of `--exclude` or of a watch rule, compiled. */
export interface IgnoreMatcher {
  /** Whether there are patterns at all. */
  readonly empty: boolean;
  /** Whether a pattern is an exception to others. */
  readonly negated: boolean;
  /**
   * The last pattern that matches the path, or a parent of it, decides.
   * @param path relative, with slashes, without a leading `./`
   * @param parent the decision about its directory; saves examining all parents
   */
  decide(path: string, parent?: IgnoreDecision): IgnoreDecision;
  /** Whether an exception may apply to something below an excluded directory, so that it has to be entered. */
  mayIncludeBelow(directory: string): boolean;
}

interface Compiled {
  readonly index: number;
  readonly pattern: string;
  readonly negated: boolean;
  readonly matching: Matching;
}

/**
 * Makes a matcher with the rules of .dockerignore: `*` and `?` match within a name, `**` across directories, `!` makes
 * an exception; a pattern matches a path or any parent of it, and only from the top.
 * @throws TcomposeError BUILD_IGNORE for an invalid pattern
 */
export function createIgnoreMatcher(patterns: readonly string[]): IgnoreMatcher {
  const compiled = patterns.flatMap(compile);
  const nothing: readonly boolean[] = compiled.map(() => false);

  function decide(path: string, parent?: IgnoreDecision): IgnoreDecision {
    const above = parent?.matched ?? matchedByParents(path);
    let by: number | undefined;
    let excluded = false;
    const matched = compiled.map((one, at) => {
      const fits = above[at] === true || matches(one.pattern, one.matching, path);
      if (fits) [by, excluded] = [one.index, !one.negated];
      return fits;
    });
    return { excluded, by, matched };
  }

  function matchedByParents(path: string): readonly boolean[] {
    const parts = path.split('/');
    let found = nothing;
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      const before = found;
      found = compiled.map((one, at) => before[at] === true || matches(one.pattern, one.matching, parent));
    }
    return found;
  }

  return {
    empty: compiled.length === 0,
    negated: compiled.some(({ negated }) => negated),
    decide,
    mayIncludeBelow: (directory) =>
      compiled.some(({ negated, pattern }) => negated && reachesBelow(pattern, directory)),
  };
}

function compile(text: string, index: number): readonly Compiled[] {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  const clean = cleanPath(trimmed);
  const negated = clean.startsWith('!');
  if (clean === '!') throw new TcomposeError('BUILD_IGNORE', 'illegal exclusion pattern: "!"');
  const pattern = negated ? clean.slice(1) : clean;
  try {
    return [{ index, pattern, negated, matching: compilePattern(pattern) }];
  } catch (error) {
    if (error instanceof GlobError)
      throw new TcomposeError('BUILD_IGNORE', error.message, {
        hint: `The pattern is ${text}; a bracket, a range or an escape in it has no end.`,
      });
    throw error;
  }
}

/** Whether a pattern may match something below a directory: the parts that both have must match. */
function reachesBelow(pattern: string, directory: string): boolean {
  const wanted = pattern.split('/');
  for (const [at, name] of directory.split('/').entries()) {
    const part = wanted[at];
    if (part === undefined || part.includes('**')) return true;
    if (!globExpression(part).test(name)) return false;
  }
  return true;
}
