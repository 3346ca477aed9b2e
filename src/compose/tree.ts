/**
 * What a compose file is before it has types: plain JSON-like data. Every phase between reading and `toModel` takes and
 * returns trees. Objects have the ordinary prototype, so keys that a user chose (service names, for example) must be
 * looked up with `own`, never by a bare index; the key `__proto__` never occurs (the reader refuses it).
 *
 * Integers beyond 2^53 are decimal strings so that no digit is lost.
 */
export type Tree = null | boolean | number | string | Tree[] | TreeMap;
export interface TreeMap {
  [key: string]: Tree;
}

/** The path from a document's root to a node: keys of mappings, indexes of sequences. */
export type TreePath = readonly (string | number)[];

/** Whether a node is a mapping. */
export const isMap = (node: Tree | undefined): node is TreeMap =>
  typeof node === 'object' && node !== null && !Array.isArray(node);

/** Whether a node is a list. */
export const isList = (node: Tree | undefined): node is Tree[] => Array.isArray(node);

/** The value of a key that the mapping itself has; never one of `Object.prototype`. */
export const own = <T>(map: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

/** The mapping under a key, or undefined when the key is absent or has another value. */
export const ownMap = (map: TreeMap, key: string): TreeMap | undefined => {
  const value = own(map, key);
  return isMap(value) ? value : undefined;
};

/** The node at a path, or undefined. */
export function nodeAt(tree: Tree, path: TreePath): Tree | undefined {
  let node: Tree | undefined = tree;
  for (const step of path) {
    if (isMap(node)) node = own(node, String(step));
    else if (isList(node)) node = node[Number(step)];
    else return undefined;
  }
  return node;
}

/** A path in the form used in messages: `services.web.ports[0]`. */
export function formatPath(path: TreePath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** A short name for the kind of a node, for messages: `a mapping`, `a list`, `a string`, … */
export function kindOf(node: Tree | undefined): string {
  if (node === undefined || node === null) return 'empty';
  if (Array.isArray(node)) return 'a list';
  if (typeof node === 'object') return 'a mapping';
  return `a ${typeof node}`;
}

/** Sets a key of a mapping, including `__proto__`: names in lists can be that. */
export function setOwn<T>(map: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
  } else map[key] = value;
}

/** Visits each mapping of a list with its path; non-lists, and other items, are skipped. */
export function eachMap(
  list: Tree | undefined,
  path: TreePath,
  visit: (item: TreeMap, path: TreePath) => void,
): void {
  if (!isList(list)) return;
  for (const [index, item] of list.entries()) if (isMap(item)) visit(item, [...path, index]);
}
