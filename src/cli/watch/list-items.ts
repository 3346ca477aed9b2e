import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { itemOf, type SyncItem } from '../../watch/batch.ts';
import type { Change, ChangeKind } from '../../watch/change.ts';
import { topmost } from '../../watch/records.ts';
import { anyReaches, type CompiledRule } from '../../watch/rule.ts';

/** Everything that a rule would put into a container now, by the same decisions as for a change. */
export async function listItems(rule: CompiledRule): Promise<readonly SyncItem[]> {
  const items: SyncItem[] = [];
  for await (const { path, kind } of pathsOf([rule])) {
    const target = rule.targetOf(path);
    if (target !== undefined) items.push(itemOf(rule, path, target, kind));
  }
  return items;
}

/**
 * What has changed since a time, in milliseconds since the epoch, judging by the files themselves; a directory's time
 * changes when entries are added or removed. `known`: sources that existed before, so that missing ones are reported,
 * too.
 */
export async function listChanges(
  rules: readonly CompiledRule[],
  known: Iterable<SyncItem>,
  since: number,
): Promise<readonly Change[]> {
  const changes = new Map<string, Change>();
  for await (const { path } of pathsOf(rules)) {
    const stat = await statOf(path);
    if (stat !== undefined && Number(stat.ctimeMs) >= since)
      changes.set(path, { path, kind: kindOf(stat), settled: true });
  }
  for (const { source, kind } of known) {
    if ((await statOf(source)) !== undefined) continue;
    const gone = kind === 'directory' || kind === 'gone-directory' ? 'gone-directory' : 'gone';
    changes.set(source, { path: source, kind: gone, settled: true });
  }
  return [...changes.values()];
}

const statOf = (path: string): Promise<BigIntStats | undefined> =>
  lstat(Buffer.from(path, 'latin1'), { bigint: true }).catch(() => undefined);

function kindOf(stat: Pick<BigIntStats, 'isDirectory' | 'isFile' | 'isSymbolicLink'>): ChangeKind {
  if (stat.isDirectory()) return 'directory';
  return stat.isFile() ? 'file' : stat.isSymbolicLink() ? 'link' : 'other';
}

/** Everything below the rules' paths to which they could apply. */
async function* pathsOf(
  rules: readonly CompiledRule[],
): AsyncGenerator<{ readonly path: string; readonly kind: ChangeKind }> {
  const pending: { path: string; kind: ChangeKind }[] = [];
  for (const path of topmost(rules.map((rule) => rule.path))) {
    const stat = await statOf(path);
    if (stat !== undefined) pending.push({ path, kind: kindOf(stat) });
  }
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    yield one;
    const { path, kind } = one;
    if (kind !== 'directory' || !anyReaches(rules, path)) continue;
    for (const entry of await namesIn(path)) {
      const name = entry.name.toString('latin1');
      pending.push({ path: path === '/' ? `/${name}` : `${path}/${name}`, kind: kindOf(entry) });
    }
  }
}

/** A directory that can't be read, or is gone, counts as empty. */
async function namesIn(path: string): Promise<readonly Dirent<Buffer>[]> {
  try {
    return await readdir(Buffer.from(path, 'latin1'), { withFileTypes: true, encoding: 'buffer' });
  } catch {
    return [];
  }
}
