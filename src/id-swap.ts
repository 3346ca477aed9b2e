/**
 * Two ids that change places with root's: in a container whose owner keeps his own id, that id is the engine's 0, its root (0) is the id the
 * owner's number would else have been, and every other id stands for itself. Asked for once more, it undoes itself.
 */
export interface IdSwap {
  /** The user id that changes places with 0; 0: none does. */
  readonly uid: number;
  /** The same of groups. */
  readonly gid: number;
}

/** What `id` is on the other side. Pure. */
export function swapped(id: number, other: number): number {
  if (id === 0) return other;
  return id === other ? 0 : id;
}

/** Of an owner, both. Pure. */
export const swappedOwner = (
  { uid, gid }: { readonly uid: number; readonly gid: number },
  swap: IdSwap | undefined,
): { readonly uid: number; readonly gid: number } =>
  swap === undefined ? { uid, gid } : { uid: swapped(uid, swap.uid), gid: swapped(gid, swap.gid) };

/** A line of a map: so many ids from `inside` on are those from `outside` on. */
export interface SwapLine {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/**
 * The lines of a map in which 0 and `other` have changed places (user_namespaces(7)). The kernel takes no line that lies in two of the ranges
 * that the namespace above was made of. Pure.
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
