import type { LoadRun } from '../load-run.ts';
import type { Contents } from '../read/resolve-environment.ts';
import type { TreeMap } from '../tree.ts';
import type { Mistakes } from '../validate/mistakes.ts';
import type { LayeredPositions } from './layers.ts';

/** A merged, canonical tree and where its parts were written. */
export interface LoadedTree {
  readonly tree: TreeMap;
  readonly positions: LayeredPositions;
  /** What is wrong in the tree, and has been taken out of it. */
  readonly mistakes: Mistakes;
  /** What secrets and configs have by their variable. */
  readonly contents: Contents;
}

/** Loads files, as `loadFiles` does: what an include needs of the loader it is a part of. */
export type LoadFiles = (files: readonly string[], run: LoadRun) => Promise<LoadedTree>;
