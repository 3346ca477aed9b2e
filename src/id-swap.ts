/**
 * An exchange of two ids, root's and another one: in a container whose owner keeps the same id, that id is the engine's
 * 0, the container's root (0) is the id that the owner's number would otherwise have been, and every other id stays the
 * same. Applying it twice undoes it.
 */
export interface IdSwap {
  /** The user id that is exchanged with 0; 0: none is. */
  readonly uid: number;
  /** The same for groups. */
  readonly gid: number;
}

/** The other side's number for `id`. Pure. */
export function swapped(id: number, other: number): number {
  if (id === 0) return other;
  return id === other ? 0 : id;
}

/** For both ids of an owner. Pure. */
export const swappedOwner = (
  { uid, gid }: { readonly uid: number; readonly gid: number },
  swap: IdSwap | undefined,
): { readonly uid: number; readonly gid: number } =>
  swap === undefined ? { uid, gid } : { uid: swapped(uid, swap.uid), gid: swapped(gid, swap.gid) };

/** A line of a map: `count` ids from `inside` on are those from `outside` on. */
export interface SwapLine {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/**
 * The lines of a map in which 0 and `other` are exchanged (user_namespaces(7)). The kernel accepts no line that spans
 * two ranges of the namespace above. Pure.
 * @param other less than the sum of `ranges`
 * @param ranges sizes of those ranges, which follow each other from 0 on
 */
export function swapLines(other: number, ranges: readonly number[]): SwapLine[] {
  const cuts = new Set([0]);
  let end = 0;
  for (const size of ranges) {
    end += size;
    cuts.add(end);
  }
  if (other !== 0) for (const cut of [1, other, other + 1]) cuts.add(cut);
  const sorted = [...cuts].filter((cut) => cut <= end).sort((a, b) => a - b);
  return sorted.slice(0, -1).map((inside, at) => ({
    inside,
    outside: swapped(inside, other),
    count: sorted[at + 1]! - inside,
  }));
}
