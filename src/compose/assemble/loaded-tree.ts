import type { LoadRun } from '../load-run.ts';
import type { Contents } from '../read/resolve-environment.ts';
import type { TreeMap } from '../tree.ts';
import type { Mistakes } from '../validate/mistakes.ts';
import type { LayeredPositions } from './layers.ts';

/** A merged, canonical tree, with the places of its parts. */
export interface LoadedTree {
  readonly tree: TreeMap;
  readonly positions: LayeredPositions;
  /** What is wrong in the tree, and was removed from it. */
  readonly mistakes: Mistakes;
  /** Contents of secrets and configs that come from a variable. */
  readonly contents: Contents;
}

/** Loads files like `loadFiles`: the part of the loader that an include needs. */
export type LoadFiles = (files: readonly string[], run: LoadRun) => Promise<LoadedTree>;
