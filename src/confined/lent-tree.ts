/**
 * The descriptors of a ConfinedDirectory as plain data, for another thread of this process: all threads share
 * descriptors. The lender keeps them open as long as the tree is lent.
 */
export interface LentTree {
  readonly root: number;
  readonly standIn: number | undefined;
  /** Covered paths, and the descriptors over them. */
  readonly covers: ReadonlyMap<string, number>;
}
