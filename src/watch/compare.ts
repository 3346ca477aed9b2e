/**
 * `missing`: here, but not in the container. `different`: another type, content or link. `extra`: only in the
 * container. `conflict`: a file was put beside, because both have changed.
 */
export interface Difference {
  readonly target: string;
  readonly difference: 'missing' | 'different' | 'extra' | 'conflict';
}

/** Path in a container → what is there, as text that is equal for equal content. */
export type Standing = ReadonlyMap<string, string>;

/** Where a container (`there`) differs from `here`, by path. `counts` says which of the container's paths to examine. Pure. */
export function compareStanding(
  here: Standing,
  there: Standing,
  counts: (target: string) => boolean,
): readonly Difference[] {
  const found: Difference[] = [];
  for (const [target, what] of here) {
    const other = there.get(target);
    if (other !== what) found.push({ target, difference: other === undefined ? 'missing' : 'different' });
  }
  for (const target of there.keys())
    if (!here.has(target) && counts(target)) found.push({ target, difference: 'extra' });
  return found.sort((a, b) => (a.target < b.target ? -1 : 1));
}
