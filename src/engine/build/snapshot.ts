import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { withOpenDirectories } from '../../confined/open-directories.ts';
import { TcomposeError } from '../../errors.ts';
import { mountOverlayDetached } from '../../sys/mount/detached-overlay.ts';
import type { StepPlace, StepResult } from './cache/cache-types.ts';

/** A tree of files as stacked directories. */
export interface Snapshot {
  /** Identifies the tree: part of the keys of what is built on it. */
  readonly id: string;
  /** Read-only, top first; none for `scratch`. */
  readonly directories: readonly string[];
  /** The steps that made it above its image, bottom first. */
  readonly steps: readonly StepResult[];
}

export const emptySnapshot: Snapshot = { id: 'scratch', directories: [], steps: [] };

/** The tree with a step's difference on top; the difference of a linked step was made without reading the tree. */
export const withStep = (
  base: Snapshot,
  result: StepResult,
  directory: string,
  linked = false,
): Snapshot => ({
  id: linked ? `${base.id}+${result.id}` : result.id,
  directories: [directory, ...base.directories],
  steps: [...base.steps, result],
});

/** How to mount overlays on this data root. */
export interface OverlayOptions {
  readonly userxattr: boolean;
  /** The program that mounts them, if the kernel does not. */
  readonly fuse?: string | undefined;
  /** Why no writable mount is possible: because of the data root, or of the kernel. */
  readonly refusal?: { readonly reason: string; readonly remedy: string } | undefined;
  /** An empty directory. */
  readonly empty: string;
}

/** The tree for reading, mounted nowhere. The caller closes it. */
export function openToRead(
  snapshot: Snapshot,
  { userxattr, fuse, empty }: OverlayOptions,
): ConfinedDirectory {
  const { directories } = snapshot;
  if (directories.length <= 1) return ConfinedDirectory.at(directories[0] ?? empty);
  return withOpenDirectories(
    directories,
    (lower) => new ConfinedDirectory(mountOverlayDetached({ lower, userxattr, fuse }, empty)),
  );
}

/** The tree for writing: changes go to the place's `diff`. The caller closes it. */
export function openToWrite(
  snapshot: Snapshot,
  place: StepPlace,
  options: OverlayOptions,
): ConfinedDirectory {
  if (snapshot.directories.length === 0) return ConfinedDirectory.at(place.diff);
  requireMounts(options);
  const { userxattr, fuse } = options;
  return withOpenDirectories(
    [place.diff, place.work, ...snapshot.directories],
    ([directory = -1, work = -1, ...lower]) => {
      const layers = { lower, upper: { directory, work }, userxattr, fuse };
      return new ConfinedDirectory(mountOverlayDetached(layers, place.mountPoint));
    },
  );
}

/** @throws TcomposeError BUILD_STEP with the reason if a step's tree can't be mounted */
export function requireMounts({ refusal }: OverlayOptions): void {
  if (refusal === undefined) return;
  throw new TcomposeError('BUILD_STEP', `images cannot be built here: ${refusal.reason}`, {
    hint: refusal.remedy,
  });
}
