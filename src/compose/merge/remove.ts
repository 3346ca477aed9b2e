import { stepInto } from '../normalize/path-table.ts';
import { isList, isMap, nodeAt, own, type Tree, type TreeMap, type TreePath } from '../tree.ts';
import { type Removal, scalarText } from '../yaml/index.ts';
import { type Identity, unicityTable } from './unicity.ts';

/**
 * Removes from the merged tree the nodes and items that a later file resets or overrides. Changes the tree in place;
 * missing ones are ignored.
 * @param expand the canonical forms of an item of the list at a path, as in the merged tree.
 */
export function applyRemovals(
  tree: TreeMap,
  removals: readonly Removal[],
  expand: (path: TreePath, item: Tree) => readonly Tree[],
): void {
  for (const removal of removals) {
    if (removal.kind === 'node') removeNode(tree, removal.path);
    else removeItems(tree, removal.path, removal.index, removal.item, expand);
  }
}

function removeNode(tree: TreeMap, path: TreePath): void {
  const last = path.at(-1);
  const parent = nodeAt(tree, path.slice(0, -1));
  if (last === undefined) for (const key of Object.keys(tree)) delete tree[key];
  else if (isMap(parent)) delete parent[String(last)];
}

function removeItems(
  tree: TreeMap,
  path: TreePath,
  index: number,
  item: Tree,
  expand: (path: TreePath, item: Tree) => readonly Tree[],
): void {
  const list = nodeAt(tree, path);
  if (isMap(list)) removeEntry(list, item);
  if (!isList(list)) return;
  if (item === null) {
    list.splice(index, 1);
    return;
  }
  const identity = identityAt(path);
  const wanted = [item, ...expand(path, item)];
  const keys = new Set(wanted.map((form) => identity?.(form)).filter((key) => key !== undefined));
  const kept = list.filter((known) => {
    const key = identity?.(known);
    if (key !== undefined && keys.has(key)) return false;
    return !wanted.some((form) => includes(known, form));
  });
  list.splice(0, list.length, ...kept);
}

/** A list that is a mapping by now (`environment`, `networks`): the item names the key. */
function removeEntry(map: TreeMap, item: Tree): void {
  if (item === null || typeof item === 'object') return;
  delete map[scalarText(item).split('=', 1)[0] ?? ''];
}

function identityAt(path: TreePath): Identity | undefined {
  let table: ReturnType<typeof stepInto<Identity>> = unicityTable;
  for (const step of path) table = stepInto(table, step);
  return table?.rule;
}

/** Whether a node is the wanted one, or a mapping that has all the keys of the wanted one. */
function includes(node: Tree, wanted: Tree): boolean {
  if (isMap(wanted)) {
    return (
      isMap(node) && Object.keys(wanted).every((key) => includes(own(node, key) ?? null, wanted[key] as Tree))
    );
  }
  if (isList(wanted)) {
    return (
      isList(node) &&
      node.length === wanted.length &&
      wanted.every((item, index) => includes(node[index] ?? null, item))
    );
  }
  if (node === null || typeof node === 'object') return node === wanted;
  return wanted !== null && scalarText(node) === scalarText(wanted);
}
