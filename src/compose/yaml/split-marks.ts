import type { Tree, TreeMap, TreePath } from '../tree.ts';
import { TagMark } from './document.ts';

/** What `!reset` and `!override` remove from the files merged before this one. */
export type Removal =
  /** The node at the path. */
  | { readonly kind: 'node'; readonly path: TreePath }
  /** The items of the list at `path` that `item` identifies; if `item` is null, the one at `index`. */
  | { readonly kind: 'item'; readonly path: TreePath; readonly index: number; readonly item: Tree };

interface Unmarked {
  readonly tree: Tree;
  readonly removals: readonly Removal[];
}

/**
 * Removes the TagMarks from a document. A node under `!reset` disappears, one under `!override` stays; both name what
 * the earlier files lose. In a list the mark affects single items, recognised by what makes items of that list unique,
 * or, if written `!reset null`, by position.
 */
export function splitMarks(value: unknown): Unmarked {
  const removals: Removal[] = [];
  const tree = walk(value, [], removals);
  return { tree: tree === undefined ? null : tree, removals };
}

function walk(value: unknown, path: TreePath, removals: Removal[]): Tree | undefined {
  if (value instanceof TagMark) {
    const inner = walk(value.value, path, []);
    removals.push({ kind: 'node', path });
    return value.tag === '!reset' ? undefined : inner;
  }
  if (Array.isArray(value)) {
    const list: Tree[] = [];
    for (const [index, item] of value.entries()) {
      if (item instanceof TagMark) {
        const inner = walk(item.value, [...path, index], []) ?? null;
        removals.push({ kind: 'item', path, index, item: inner });
        if (item.tag === '!override') list.push(inner);
      } else {
        const inner = walk(item, [...path, index], removals);
        if (inner !== undefined) list.push(inner);
      }
    }
    return list;
  }
  if (typeof value === 'object' && value !== null) {
    const map: TreeMap = {};
    for (const key in value) {
      const inner = walk((value as Record<string, unknown>)[key], [...path, key], removals);
      if (inner !== undefined) map[key] = inner;
    }
    return map;
  }
  return value as Tree;
}
