/**
 * The descriptors of a ConfinedDirectory as plain data, for another thread of this process: all threads have the same
 * descriptors. They stay open for as long as the tree is lent, by whoever lends it.
 */
export interface LentTree {
  readonly root: number;
  readonly standIn: number | undefined;
  /** Paths, and what lies over them. */
  readonly covers: ReadonlyMap<string, number>;
}
