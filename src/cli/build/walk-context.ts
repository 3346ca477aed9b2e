import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { IgnoreLine } from '../../build/ignore/ignore-file.ts';
import { createIgnoreMatcher, type IgnoreDecision } from '../../build/ignore/matcher.ts';
import { TcomposeError } from '../../errors.ts';

/**
 * One file of a build context, or an entry that an ignore file leaves out: a whole directory if no exception applies
 * below it.
 */
export interface ContextEntry {
  /** Relative to the context; a directory's ends with a slash. */
  readonly path: string;
  /** Bytes of a file; 0 for links and ignored entries. */
  readonly size: number;
  /** The line of the ignore file that leaves it out; undefined: it is in the context. */
  readonly excludedBy: IgnoreLine | undefined;
}

/**
 * What a build finds in its context, sorted by name. Links are entries and not followed; an ignored directory is not
 * opened unless a later line may make an exception below it.
 * @throws TcomposeError BUILD_CONTEXT when a directory can't be read
 */
export async function* walkContext(
  context: string,
  lines: readonly IgnoreLine[],
): AsyncGenerator<ContextEntry, void, void> {
  const ignore = createIgnoreMatcher(lines.map(({ pattern }) => pattern));

  async function* walk(
    directory: string,
    parent: IgnoreDecision | undefined,
  ): AsyncGenerator<ContextEntry, void, void> {
    for (const entry of await namesIn(context, directory)) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      const decision = ignore.decide(path, parent);
      const excludedBy = decision.excluded ? lines[decision.by ?? -1] : undefined;
      if (entry.isDirectory()) {
        if (excludedBy === undefined || ignore.mayIncludeBelow(path)) yield* walk(path, decision);
        else yield { path: `${path}/`, size: 0, excludedBy };
        continue;
      }
      const size = excludedBy === undefined && entry.isFile() ? (await lstat(join(context, path))).size : 0;
      yield { path, size, excludedBy };
    }
  }

  yield* walk('', undefined);
}

async function namesIn(context: string, directory: string): Promise<readonly Dirent[]> {
  const path = join(context, directory);
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new TcomposeError('BUILD_CONTEXT', `${path} cannot be read: ${(cause as Error).message}`, {
      cause,
      hint: 'A .dockerignore file can leave it out.',
    });
  }
}
