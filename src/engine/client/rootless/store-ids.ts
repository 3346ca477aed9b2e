import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TcomposeError } from '../../../errors.ts';
import type { IdMapLine } from '../../../sub-ids.ts';

/** The ids of a user namespace. */
export interface IdMaps {
  readonly uids: readonly IdMapLine[];
  readonly gids: readonly IdMapLine[];
}

/** File in the state directory: the ids to which its files belong. */
const file = 'ids';

/**
 * Whether the files of a store that was made with one map belong to the same ids with another: every id of the first
 * must be mapped as before. `more`: the second map has further ids. Pure.
 */
export function compareMaps(
  before: readonly IdMapLine[],
  now: readonly IdMapLine[],
): 'same' | 'more' | 'other' {
  // Neighbouring lines may be split differently.
  const missing = before.flatMap((line) => now.reduce<IdMapLine[]>(without, [line]));
  if (missing.length > 0) return 'other';
  return total(now) > total(before) ? 'more' : 'same';
}

/** The parts of some lines that `other` does not map in the same way. */
function without(rest: readonly IdMapLine[], other: IdMapLine): IdMapLine[] {
  return rest.flatMap((line) => {
    if (line.outside - line.inside !== other.outside - other.inside) return [line];
    const end = line.inside + line.count;
    const otherEnd = other.inside + other.count;
    const shift = line.outside - line.inside;
    const parts = [
      [line.inside, Math.min(end, other.inside)],
      [Math.max(line.inside, otherEnd), end],
    ];
    return parts.flatMap(([from = 0, to = 0]) =>
      to > from ? [{ inside: from, outside: from + shift, count: to - from }] : [],
    );
  });
}

const total = (map: readonly IdMapLine[]): number => map.reduce((sum, { count }) => sum + count, 0);

/**
 * Compares the ids of new namespaces with those of a store's files, and records them. `failure`: why the user's ids could not
 * be mapped.
 * @returns the notice about it
 * @throws TcomposeError ENGINE_ROOTLESS when ids of the store are no longer mapped
 */
export function checkStoreIds(
  lib: string,
  maps: IdMaps,
  { user, failure }: { readonly user: string; readonly failure: string | undefined },
): string | undefined {
  const before = read(lib);
  const verdicts =
    before === undefined ? [] : [compareMaps(before.uids, maps.uids), compareMaps(before.gids, maps.gids)];
  const filled = before !== undefined && hasFiles(lib);
  if (filled && verdicts.includes('other'))
    throw failure === undefined ? belongsToOthers(lib, before, user) : cannotBeMapped(lib, failure);
  writeFileSync(join(lib, file), `${JSON.stringify(maps)}\n`, { mode: 0o600 });
  return filled && total(before.uids) === 1 && verdicts.includes('more')
    ? `${lib} was made with one user id: all files of its images are root's there until they are removed and fetched again, or all of it by \`tcompose engine reset\``
    : undefined;
}

/** They are still the user's: nothing has to be given up. */
const cannotBeMapped = (lib: string, failure: string): TcomposeError =>
  new TcomposeError('ENGINE_ROOTLESS', `${failure}, and ${lib} has files of your other ids`, {
    hint: 'See `tcompose doctor sub-ids`.',
  });

function belongsToOthers(lib: string, { uids }: IdMaps, user: string): TcomposeError {
  const ranges = uids.slice(1).map(({ outside, count }) => `${user}:${outside}:${count}`);
  const give =
    ranges.length === 0
      ? ''
      : `Have ${ranges.join(', ')} as your first lines in /etc/subuid and /etc/subgid again; or `;
  return new TcomposeError(
    'ENGINE_ROOTLESS',
    `${lib} belongs to ids that you do not have any more: its content could be neither used nor removed`,
    { hint: `${give}${give ? 'start' : 'Start'} over: sudo rm -r ${lib}` },
  );
}

/** Whether there are files whose owners matter. */
const hasFiles = (lib: string): boolean =>
  ['layers', 'volumes', 'containers', 'build/s'].some((name) => {
    try {
      return readdirSync(join(lib, name)).length > 0;
    } catch {
      return false;
    }
  });

function read(lib: string): IdMaps | undefined {
  try {
    const maps = JSON.parse(readFileSync(join(lib, file), 'utf8')) as IdMaps;
    return Array.isArray(maps.uids) && Array.isArray(maps.gids) ? maps : undefined;
  } catch {
    return undefined;
  }
}
