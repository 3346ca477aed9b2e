import { mkdir } from 'node:fs/promises';
import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { copyTree } from '../../confined/copy-tree.ts';

/**
 * Writes what an overlay of `lowerDirs` (top first) would show into the new directory `target`: for data roots on which
 * overlays can't be mounted.
 */
export async function copyLayers(lowerDirs: readonly string[], target: string): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o755 });
  const to = ConfinedDirectory.at(target);
  try {
    for (const lowerDir of [...lowerDirs].reverse()) {
      const layer = ConfinedDirectory.at(lowerDir);
      try {
        await copyTree({ root: layer, path: '' }, { root: to, path: '' }, { overlayMarks: true });
      } finally {
        layer.close();
      }
    }
  } finally {
    to.close();
  }
}
