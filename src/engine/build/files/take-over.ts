import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { parentOf } from '../../../confined/names.ts';
import { turns } from '../../../confined/turns.ts';
import { mirrorDirectory } from '../../../image/pack/mirror-directory.ts';
import { changeTimesTo, errnoNameOf, linkAt } from '../../../sys/at-calls.ts';

/** Attributes in which an overlay records what a directory is based on. */
const isOverlays = (attribute: string): boolean => /^(?:trusted|user)\.overlay\./.test(attribute);

/**
 * Hard-links files of one tree at the same paths of another: an empty tree of the same file system that nobody writes
 * into yet. Directories on the way are made as in the first tree. Nobody may write to the files through either name.
 * @param paths in the order of the tree
 * @returns the paths that were not linked, because their files can't have more links
 * @throws SystemCallError
 */
export async function takeOver(from: string, to: string, paths: Iterable<string>): Promise<Set<string>> {
  const source = ConfinedDirectory.at(from);
  const target = ConfinedDirectory.at(to);
  const left = new Set<string>();
  const turn = turns();
  const times = new Map<string, bigint>([['', 0n]]);
  try {
    for (const path of paths) {
      await turn();
      mirror(source, target, parentOf(path), times);
      const there = source.place(path, false);
      const here = target.place(path, false);
      try {
        linkAt(there.directory, there.name, here.directory, here.name);
      } catch (error) {
        if (!['EMLINK', 'ENOENT', 'EPERM'].includes(errnoNameOf(error) ?? '')) throw error;
        left.add(path);
      }
    }
    times.delete('');
    for (const [path, time] of [...times].reverse()) {
      const made = target.find(path);
      if (made !== undefined) changeTimesTo(made.fd, time);
      made?.close();
    }
    return left;
  } finally {
    source.close();
    target.close();
  }
}

/** Makes a directory and those above it. @param times of the new directories */
function mirror(
  source: ConfinedDirectory,
  target: ConfinedDirectory,
  path: string,
  times: Map<string, bigint>,
): void {
  if (times.has(path)) return;
  mirror(source, target, parentOf(path), times);
  const entry = source.find(path)!;
  try {
    mirrorDirectory(entry, target, path, (attribute) => !isOverlays(attribute));
    times.set(path, entry.modified());
  } finally {
    entry.close();
  }
}
