/** What is at one path of a rule in both directions, as texts that are equal for equal content; undefined: nothing. */
export interface Sides {
  readonly here: string | undefined;
  readonly there: string | undefined;
  /** The state when both sides were last examined. */
  readonly seenHere: string | undefined;
  readonly seenThere: string | undefined;
}

/**
 * `bring`: the container's file is copied here. `remove`: what was removed in the container is removed here.
 * `conflict`: both sides have changed, so this side stays and the container's file is put beside it. `none`: nothing
 * has changed there; changes here are synced separately.
 */
export type Decision = 'none' | 'bring' | 'remove' | 'conflict';

const isFile = (what: string | undefined): boolean => what?.startsWith('file ') === true;

/** Decides about one path. Links, directories and devices of a container are not copied here. Pure. */
export function decide({ here, there, seenHere, seenThere }: Sides): Decision {
  if (there === seenThere || there === here) return 'none';
  if (there === undefined) return here === seenHere && isFile(here) ? 'remove' : 'none';
  if (!isFile(there)) return 'none';
  return here === seenHere && (here === undefined || isFile(here)) ? 'bring' : 'conflict';
}

/** Suffix of the files that conflicts create: no rule syncs them. */
export const conflictEnding = '.tcompose-conflict';
