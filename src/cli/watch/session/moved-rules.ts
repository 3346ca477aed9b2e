import { posix } from 'node:path';
import { type Change, relativeTo } from '../../../watch/change.ts';
import type { CompiledRule } from '../../../watch/rule.ts';
import { listItems } from '../list-items.ts';

/**
 * What changed for rules whose path has moved, for example because a link leads elsewhere: everything at the new place,
 * and what is missing there.
 */
export async function changesOfMoved(
  before: readonly CompiledRule[],
  now: readonly CompiledRule[],
): Promise<readonly Change[]> {
  const changes = new Map<string, Change>();
  for (const rule of now) {
    const same = before.filter((old) => old.service === rule.service && old.target === rule.target);
    if (rule.target === undefined || same.some(({ path }) => path === rule.path)) continue;
    for (const old of same)
      for (const { source, kind } of await listItems(old)) {
        const path = posix.join(rule.path, relativeTo(source, old.path));
        changes.set(path, { path, kind: kind === 'directory' ? 'gone-directory' : 'gone', settled: true });
      }
    if (same.length > 0)
      for (const { source: path, kind } of await listItems(rule))
        changes.set(path, { path, kind, settled: true });
  }
  return [...changes.values()];
}
