import type { Platform } from '../../image/ingest-types.ts';
import { formatPlatform, platformRank } from '../../image/platform.ts';
import type { ImageIndex, IndexEntry } from './manifest.ts';

/**
 * The entries of an index that are images for `wanted`, best first: entries with a platform by how well it fits, then
 * those without one, in the order of the index. Attestations, artifacts and entries of unknown types are not images.
 */
export function fittingEntries(index: ImageIndex, wanted: Platform): IndexEntry[] {
  return index.entries
    .filter((entry) => !entry.artifact && (entry.kind === 'image' || entry.kind === 'index'))
    .map((entry, position) => ({ entry, position, rank: rankOf(entry, wanted) }))
    .filter((one): one is typeof one & { rank: number } => one.rank !== undefined)
    .sort((a, b) => a.rank - b.rank || a.position - b.position)
    .map(({ entry }) => entry);
}

function rankOf({ platform }: IndexEntry, wanted: Platform): number | undefined {
  return platform === undefined ? Number.MAX_SAFE_INTEGER : platformRank(wanted, platform);
}

/** The platforms for which an index has images, in order, without duplicates. */
export function offeredPlatforms(index: ImageIndex): string[] {
  const all = index.entries.flatMap((entry) =>
    entry.artifact || entry.platform === undefined ? [] : [formatPlatform(entry.platform)],
  );
  return [...new Set(all)];
}
