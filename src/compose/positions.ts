import type { SourcePlace } from '../errors.ts';
import type { TreePath } from './tree.ts';

/**
 * Where the nodes of a tree were written. Looking a place up costs a second, recording parse of the file, so it
 * happens only when there is something to complain about.
 */
export interface Positions {
  /**
   * The place of the node at `path`: of its key when it is an entry of a mapping, of the item in a sequence, or, with
   * `part: 'value'`, of the value. A path that no file spells out (a default, an expanded port) gives the nearest
   * enclosing node that one does; among merged files the last that has it wins. Undefined when nothing is known.
   */
  place(path: TreePath, part?: 'key' | 'value'): SourcePlace | undefined;
}

/** Positions for trees that come from no file. */
export const noPositions: Positions = { place: () => undefined };
