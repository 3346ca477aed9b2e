import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { copyTree } from '../../confined/copy-tree.ts';
import { makeDirectories } from './make-directories.ts';
import { type OverlayOptions, openToRead, type Snapshot } from './snapshot.ts';

/** Copies a tree into a directory, which is made if it is missing; entries with other names stay. */
export async function writeLocally(
  snapshot: Snapshot,
  destination: string,
  overlay: OverlayOptions,
): Promise<void> {
  makeDirectories(destination);
  const from = openToRead(snapshot, overlay);
  const to = ConfinedDirectory.at(destination);
  try {
    await copyTree({ root: from, path: '' }, { root: to, path: '' });
  } finally {
    from.close();
    to.close();
  }
}
