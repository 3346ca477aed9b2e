/** `missing`: here, not in the container. `different`: another type, content or link. `extra`: in the container alone. `conflict`: put beside, for both changed. */
export interface Difference {
  readonly target: string;
  readonly difference: 'missing' | 'different' | 'extra' | 'conflict';
}

/** Path in a container → what stands there, as text that is equal for what is equal. */
export type Standing = ReadonlyMap<string, string>;

/** What a container (`there`) has otherwise than it is `here`, by path. `counts` says which paths of the container are looked at. Pure. */
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
