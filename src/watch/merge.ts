/** What stands at one path of a rule that goes both ways, as texts that are equal for what is equal; undefined: nothing. */
export interface Sides {
  readonly here: string | undefined;
  readonly there: string | undefined;
  /** As it was when both sides were last looked at. */
  readonly seenHere: string | undefined;
  readonly seenThere: string | undefined;
}

/**
 * `bring`: the container's file comes here. `remove`: what went in the container goes here. `conflict`: both sides changed, so this side's
 * stays and the container's is put beside it. `none`: nothing new there; what is new here goes there by itself.
 */
export type Decision = 'none' | 'bring' | 'remove' | 'conflict';

const isFile = (what: string | undefined): boolean => what?.startsWith('file ') === true;

/** What becomes of one path. Links, directories and devices of a container don't come here. Pure. */
export function decide({ here, there, seenHere, seenThere }: Sides): Decision {
  if (there === seenThere || there === here) return 'none';
  if (there === undefined) return here === seenHere && isFile(here) ? 'remove' : 'none';
  if (!isFile(there)) return 'none';
  return here === seenHere && (here === undefined || isFile(here)) ? 'bring' : 'conflict';
}

/** The end of the names of files that conflicts leave: no rule syncs them. */
export const conflictEnding = '.tcompose-conflict';
