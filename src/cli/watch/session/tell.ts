import type { WatchedRule } from '../../../events.ts';
import { type Change, textOfBytes } from '../../../watch/change.ts';
import type { CompiledRule } from '../../../watch/rule.ts';
import { shownPath } from '../watcher.ts';

/** Most paths named in a line about a batch. */
const mostPaths = 10;

/** The paths of a batch in printed form. */
export const toldPaths = (changes: readonly Change[], cwd: string) => ({
  paths: changes.slice(0, mostPaths).map(({ path }) => shownPath(path, cwd)),
  count: changes.length,
});

/** The rules in printed form. */
export const toldRules = (rules: readonly CompiledRule[], cwd: string): readonly WatchedRule[] =>
  rules.map(({ service, action, path, target }) => ({
    service,
    action,
    path: shownPath(path, cwd),
    ...(target === undefined ? {} : { target: textOfBytes(target) }),
  }));
