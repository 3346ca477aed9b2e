import type { WatchedRule } from '../../../events.ts';
import { type Change, textOfBytes } from '../../../watch/change.ts';
import type { CompiledRule } from '../../../watch/rule.ts';
import { shownPath } from '../watcher.ts';

/** Paths that a line about a batch may name. */
const mostPaths = 10;

/** What is printed of the paths of a batch. */
export const toldPaths = (changes: readonly Change[], cwd: string) => ({
  paths: changes.slice(0, mostPaths).map(({ path }) => shownPath(path, cwd)),
  count: changes.length,
});

/** What is printed of rules. */
export const toldRules = (rules: readonly CompiledRule[], cwd: string): readonly WatchedRule[] =>
  rules.map(({ service, action, path, target }) => ({
    service,
    action,
    path: shownPath(path, cwd),
    ...(target === undefined ? {} : { target: textOfBytes(target) }),
  }));
