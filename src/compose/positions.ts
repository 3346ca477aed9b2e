import type { SourcePlace } from '../errors.ts';
import type { TreePath } from './tree.ts';

/**
 * Where the nodes of a tree were written. Looking up a place requires a second, recording parse of the file, so it is
 * done only for errors.
 */
export interface Positions {
  /**
   * The place of the node at `path`: of its key if it is an entry of a mapping, of the item in a sequence, or, with
   * `part: 'value'`, of the value. For a path that is in no file (a default, an expanded port) it is the place of the
   * nearest enclosing node that is; among merged files the last one that has it counts. Undefined when nothing is
   * known.
   */
  place(path: TreePath, part?: 'key' | 'value'): SourcePlace | undefined;
}

/** Positions for trees that come from no file. */
export const noPositions: Positions = { place: () => undefined };
